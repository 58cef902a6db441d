#include "stage.hpp"
