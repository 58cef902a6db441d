#include <larder/testkit/store_process.hpp>

#include <stdexcept>
#include <utility>

namespace larder::testkit {

StoreProcess::StoreProcess(std::string program, std::vector<std::string> arguments)
    : program_(std::move(program)), arguments_(std::move(arguments)) {
  spawn();
}

void StoreProcess::spawn() {
  std::vector<std::string> words{std::to_string(port_)};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  child_.emplace(program_, std::move(words));
  port_ = static_cast<std::uint16_t>(std::stoi(child_->read_line()));
}

void StoreProcess::kill() {
  child_.reset();
  frozen_ = false;
  owed_ = milliseconds(0);
}

void StoreProcess::restart() {
  kill();
  spawn();
}

void StoreProcess::restart(std::vector<std::string> arguments) {
  arguments_ = std::move(arguments);
  restart();
}

void StoreProcess::freeze() {
  if (child_) {
    child_->freeze();
    frozen_ = true;
  }
}

void StoreProcess::thaw() {
  if (child_) {
    child_->thaw();
  }
  frozen_ = false;
  advance(std::exchange(owed_, milliseconds(0)));
}

void StoreProcess::advance(milliseconds span) {
  if (frozen_) {
    owed_ += span;
  } else {
    tell("advance " + std::to_string(span.count()));
  }
}

void StoreProcess::make_fresh() {
  if (!child_) {
    spawn();
    return;
  }
  if (frozen_) {
    thaw();
  }
  tell("fresh");
}

void StoreProcess::tell(const std::string& order) {
  if (!child_) {
    return;
  }
  child_->write_line(order);
  // It says its port again when it has obeyed.
  if (child_->read_line() != std::to_string(port_)) {
    throw std::runtime_error(program_ + " does not obey");
  }
}

}  // namespace larder::testkit
