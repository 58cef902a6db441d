// What a Prometheus text holds, in the form of docs/metrics.txt.
#pragma once

#include <set>
#include <string>

namespace larder {

// A line for each metric: "name type {label,label} help", labels in alphabetical order,
// without a histogram's `le`. A metric that stands in the text twice, has a sample before its
// type, or has samples that are none of its own, is the line "name wrong".
[[nodiscard]] std::set<std::string> metric_lines(const std::string& text);

// The lines of docs/metrics.txt.
[[nodiscard]] std::set<std::string> documented_metrics(const std::string& file);

}  // namespace larder
