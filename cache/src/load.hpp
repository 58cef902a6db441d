// Load: one call of a loader, for the flights that it brings.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "admissions.hpp"
#include "flights.hpp"
#include "task.hpp"

namespace larder {

struct Load {
  // What runs for it, all on one strand.
  Load(const Policy& its_policy, std::shared_ptr<const ManyLoader> its_loader,
       std::shared_ptr<Admissions::Ticket> its_ticket, const boost::asio::any_io_executor& executor)
      : Load(its_policy, std::move(its_loader), std::move(its_ticket), Strand(executor)) {}

  const Policy policy;
  const Strand strand;
  const Task work;      // lease, loader, store, land
  const Task watchdog;  // abandons it at its deadline
  const Task keeper;    // renews the leases, and releases those that are left at the end

  // Of the flights that have not ended. Any thread.
  std::atomic<std::size_t> flying{0};

  // ---- before the launch by the caller, afterwards on the strand only ----

  std::shared_ptr<const ManyLoader> loader;  // null when the load has ended
  std::shared_ptr<Admissions::Ticket> ticket;
  std::vector<FlightPtr> flights;
  std::vector<FlightPtr> leased;  // those that a lease was granted for
  Deadline deadline{};
  bool waits = false;  // another node was seen loading its keys
  bool over = false;

  void cancel() const {
    work.cancel();
    watchdog.cancel();
    keeper.cancel();
  }

 private:
  Load(const Policy& its_policy, std::shared_ptr<const ManyLoader> its_loader,
       std::shared_ptr<Admissions::Ticket> its_ticket, const Strand& its_strand)
      : policy(its_policy),
        strand(its_strand),
        work(its_strand),
        watchdog(its_strand),
        keeper(its_strand),
        loader(std::move(its_loader)),
        ticket(std::move(its_ticket)) {}
};

}  // namespace larder
