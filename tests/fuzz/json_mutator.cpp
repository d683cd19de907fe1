#include "tests/fuzz/json_mutator.h"

#include "tests/fuzz/fuzz_target.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>

namespace fuzz {

namespace {

using Json = nlohmann::ordered_json;
using Random = std::mt19937_64;

std::size_t below(Random &random, std::size_t end)
{
    return static_cast<std::size_t>(random() % end);
}

void collect(Json &value, std::vector<Json *> &all)
{
    all.push_back(&value);
    if (value.is_structured()) {
        for (Json &child : value) {
            collect(child, all);
        }
    }
}

Json strangeValue(Random &random)
{
    static const std::vector<Json> values = {nullptr,
                                             true,
                                             false,
                                             "",
                                             "x",
                                             Json::array(),
                                             Json::object(),
                                             0,
                                             1,
                                             -1,
                                             2,
                                             255,
                                             4096,
                                             65536,
                                             0.5,
                                             -0.0,
                                             1e-300,
                                             1e308,
                                             std::int64_t{2147483647},
                                             std::int64_t{4294967296},
                                             std::numeric_limits<std::int64_t>::min(),
                                             std::numeric_limits<std::uint64_t>::max(),
                                             std::int64_t{1} << 40,
                                             Json::array({0, 1}),
                                             "\xc3\xa9",
                                             "../a"};
    return values[below(random, values.size())];
}

Json nearby(const Json &number, Random &random)
{
    if (number.is_number_float()) {
        return number.get<double>() * (random() % 2 == 0 ? -1.0 : 1e9);
    }
    const auto value = number.get<std::uint64_t>();
    const std::uint64_t near[] = {value + 1, value - 1, value * 2, value / 2, value + 128, value << 16};
    return near[below(random, std::size(near))];
}

/// Of one member or element.
void changeContainer(Json &container, Random &random)
{
    const auto at = static_cast<std::ptrdiff_t>(below(random, container.size()));
    if (random() % 2 == 0) {
        container.erase(std::next(container.begin(), at));
    } else if (container.is_array()) {
        container.push_back(*std::next(container.begin(), at));
    } else {
        const Json copy = *std::next(container.begin(), at);
        container["another" + std::to_string(random() % 3)] = copy;
    }
}

void change(Json &document, Random &random)
{
    std::vector<Json *> all;
    collect(document, all);
    Json &value = *all[below(random, all.size())];
    if (value.is_structured() && !value.empty() && random() % 2 == 0) {
        changeContainer(value, random);
    } else if (value.is_number() && random() % 2 == 0) {
        value = nearby(value, random);
    } else if (random() % 2 == 0) {
        value = Json(*all[below(random, all.size())]);
    } else {
        value = strangeValue(random);
    }
}

std::string withOtherEnd(std::string text, Random &random)
{
    const std::size_t bytes = 1 + below(random, 16);
    if (random() % 2 == 0) {
        text.resize(text.size() - std::min(text.size(), bytes));
    } else {
        text.append(bytes, static_cast<char>(random() % 256));
    }
    return text;
}

} // namespace

std::string mutatedJson(std::string_view input, std::mt19937_64 &random)
{
    const bool marked = !input.empty() && (input.front() == 'r' || input.front() == 's' || input.front() == 'p');
    const auto views = sectionsOf(input.substr(marked ? 1 : 0), 8);
    std::vector<std::string> sections(views.begin(), views.end());
    std::string &section = sections[below(random, sections.size())];
    Json document = Json::parse(section, nullptr, false);
    if (document.is_discarded() || random() % 16 == 0) {
        return withOtherEnd(std::string(input), random);
    }
    for (std::size_t changes = 1 + below(random, 2); changes > 0; --changes) {
        change(document, random);
    }
    section = document.dump(-1, ' ', false, Json::error_handler_t::replace);
    return (marked ? std::string(input.substr(0, 1)) : std::string()) + joinSections(sections);
}

} // namespace fuzz
