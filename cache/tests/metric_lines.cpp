#include "metric_lines.hpp"

#include <fstream>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

namespace larder {
namespace {

struct Metric {
  std::string help;
  std::string type;
  std::set<std::string> labels;
  bool wrong = false;
};

// The names in {a="...",b="..."}; quotes and escapes within values are passed over.
std::set<std::string> labels_of(std::string_view sample) {
  std::set<std::string> labels;
  const std::size_t open = sample.find('{');
  if (open == std::string_view::npos) {
    return labels;
  }
  std::string name;
  bool quoted = false;
  for (std::size_t i = open + 1; i < sample.size(); ++i) {
    const char letter = sample[i];
    if (quoted) {
      i += letter == '\\' ? 1 : 0;
      quoted = letter != '"';
    } else if (letter == '"') {
      quoted = true;
    } else if (letter == '=') {
      labels.insert(std::exchange(name, {}));
    } else if (letter == '}') {
      break;
    } else if (letter != ',') {
      name.push_back(letter);
    }
  }
  labels.erase("le");
  return labels;
}

bool is_of(std::string_view sample, const std::string& name, const Metric& metric) {
  const std::string_view sampled = sample.substr(0, sample.find_first_of("{ "));
  if (metric.type != "histogram") {
    return sampled == name;
  }
  return sampled == name + "_bucket" || sampled == name + "_sum" || sampled == name + "_count";
}

std::string line_of(const std::string& name, const Metric& metric) {
  if (metric.wrong) {
    return name + " wrong";
  }
  std::string labels;
  for (const std::string& label : metric.labels) {
    labels.append(labels.empty() ? "" : ",").append(label);
  }
  return name + " " + metric.type + " {" + labels + "} " + metric.help;
}

}  // namespace

std::set<std::string> metric_lines(const std::string& text) {
  std::map<std::string, Metric> metrics;
  std::string current;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash;
    std::string kind;
    std::string name;
    words >> hash >> kind >> name;
    if (line.starts_with("# HELP ")) {
      Metric& metric = metrics[name];
      metric.wrong = !metric.help.empty();
      std::getline(words >> std::ws, metric.help);
    } else if (line.starts_with("# TYPE ")) {
      current = name;
      words >> metrics[name].type;
    } else {
      Metric& metric = metrics[current];
      metric.wrong = metric.wrong || !is_of(line, current, metric);
      metric.labels.merge(labels_of(line));
    }
  }
  std::set<std::string> out;
  for (const auto& [name, metric] : metrics) {
    out.insert(line_of(name, metric));
  }
  return out;
}

std::set<std::string> documented_metrics(const std::string& file) {
  std::ifstream in(file);
  std::set<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.insert(line);
  }
  return lines;
}

}  // namespace larder
