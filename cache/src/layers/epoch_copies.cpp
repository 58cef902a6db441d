#include "epoch_copies.hpp"

#include <utility>

namespace larder {

std::optional<Epoch> EpochCopies::find(const Tag& tag) {
  const SteadyTime now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto place = copies_.find(tag);
  if (place == copies_.end()) {
    return std::nullopt;
  }
  if (now - place->second.began >= bounds_.staleness) {
    copies_.erase(place);
    return std::nullopt;
  }
  return place->second.epoch;
}

bool EpochCopies::holds(const Question& question) const noexcept {
  return live_ && bumping_ == 0 && question.bumps_seen == bumps_;
}

EpochCopies::Seat EpochCopies::board(const Tag& tag, Deadline deadline) {
  const SteadyTime now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto place = questions_.find(tag);
  const bool listed = place != questions_.end();
  if (listed && !place->second->over) {
    const QuestionPtr& running = place->second;
    if (holds(*running) && running->deadline <= deadline &&
        now - running->began < bounds_.staleness) {
      return Seat{.question = running, .leads = false};
    }
  }
  auto question = std::make_shared<Question>(now, deadline, bumps_);
  if (listed) {
    place->second = question;
  } else if (questions_.size() < bounds_.tags_max) {
    questions_.emplace(tag, question);
  }
  return Seat{.question = std::move(question), .leads = true};
}

EpochCopies::QuestionPtr EpochCopies::ask(Deadline deadline) const {
  const SteadyTime now = clock_.now();
  const std::lock_guard lock(mutex_);
  return std::make_shared<Question>(now, deadline, bumps_);
}

void EpochCopies::land(const Tag& tag, const QuestionPtr& question, const Result<Epoch>& answer) {
  {
    const std::lock_guard lock(mutex_);
    question->answer_ = answer;
    if (const auto place = questions_.find(tag);
        place != questions_.end() && place->second == question) {
      questions_.erase(place);
    }
    if (answer && holds(*question)) {
      keep(tag, Copy{.epoch = *answer, .began = question->began});
    }
  }
  abandon(*question);
}

void EpochCopies::keep(const Tag& tag, Copy copy) {
  const auto place = copies_.find(tag);
  // Of two questions that overlapped the later one knows more.
  if (place != copies_.end() && place->second.began > copy.began) {
    return;
  }
  if (place == copies_.end() && copies_.size() >= bounds_.tags_max) {
    copies_.erase(copies_.begin());
  }
  copies_.insert_or_assign(tag, copy);
}

void EpochCopies::abandon(Question& question) {
  if (!question.over.exchange(true)) {
    question.landed.ring();
  }
}

std::optional<Result<Epoch>> EpochCopies::answer(const Question& question) const {
  const SteadyTime now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto& answer = question.answer_;
  // What ended the leader's call is nothing to the others.
  if (!answer || now - question.began > bounds_.staleness ||
      (!*answer && answer->error().code() == Errc::cancelled)) {
    return std::nullopt;
  }
  return answer;
}

void EpochCopies::bump_begins(std::span<const Tag> tags) {
  const std::lock_guard lock(mutex_);
  ++bumps_;
  ++bumping_;
  for (const Tag& tag : tags) {
    copies_.erase(tag);
  }
}

void EpochCopies::bump_ended(std::span<const Tag> tags) {
  const std::lock_guard lock(mutex_);
  ++bumps_;
  --bumping_;
  for (const Tag& tag : tags) {
    copies_.erase(tag);
  }
}

void EpochCopies::bumped(const Tag& tag) {
  const std::lock_guard lock(mutex_);
  ++bumps_;
  copies_.erase(tag);
}

void EpochCopies::bumped_any() {
  const std::lock_guard lock(mutex_);
  ++bumps_;
  copies_.clear();
}

void EpochCopies::set_live(bool live) {
  const std::lock_guard lock(mutex_);
  live_ = live;
  ++bumps_;
  copies_.clear();
}

// ---- the message ----

namespace {

constexpr std::size_t kPayloadBytesMax = 16 << 10;

}  // namespace

// Each tag's text behind its length in two bytes, the higher one first.
std::string write_bumps(std::span<const Tag> tags) {
  std::string payload;
  for (const Tag& tag : tags) {
    const std::string& text = tag.text();
    if (payload.size() + 2 + text.size() > kPayloadBytesMax) {
      return {};
    }
    payload.push_back(static_cast<char>(text.size() >> 8));
    payload.push_back(static_cast<char>(text.size() & 0xFF));
    payload.append(text);
  }
  return payload;
}

std::optional<std::vector<Tag>> read_bumps(std::string_view payload) {
  std::vector<Tag> tags;
  while (payload.size() >= 2 && payload.size() <= kPayloadBytesMax) {
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(payload[0])) << 8 |
                             static_cast<unsigned char>(payload[1]);
    auto tag = Tag::parse(payload.substr(2, size));
    if (payload.size() < 2 + size || !tag) {
      return std::nullopt;
    }
    tags.push_back(*std::move(tag));
    payload.remove_prefix(2 + size);
  }
  // What cannot be read came from something newer, and may mean any tag.
  return payload.empty() && !tags.empty() ? std::optional(std::move(tags)) : std::nullopt;
}

}  // namespace larder
