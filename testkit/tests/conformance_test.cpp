#include <larder/testkit/conformance.hpp>

#include "reference_store.hpp"

namespace larder::testkit {
namespace {

LARDER_CONFORMANCE(reference, ReferenceStore<>);

}  // namespace
}  // namespace larder::testkit
