#include "engine/model/json_reader.h"

#include "engine/error.h"
#include "engine/model/detail/message.h"

#include <utility>

namespace engine::model {

namespace {

/// Builds the tree; the element under construction is the last of m_open. Only that element grows, so the pointers to
/// its ancestors stay valid.
class TreeBuilder final : public JsonHandler {
public:
    using JsonHandler::JsonHandler;
    nlohmann::json take() { return std::move(m_root); }

private:
    void scalar(nlohmann::json &&value) override { place(std::move(value)); }
    void opened(bool isArray) override
    {
        m_open.push_back(place(isArray ? nlohmann::json::array() : nlohmann::json::object()));
    }
    void closed(bool) override { m_open.pop_back(); }

    nlohmann::json *place(nlohmann::json &&value)
    {
        if (m_open.empty()) {
            m_root = std::move(value);
            return &m_root;
        }
        nlohmann::json &parent = *m_open.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        return &(parent[key()] = std::move(value));
    }

    nlohmann::json m_root;
    std::vector<nlohmann::json *> m_open;
};

} // namespace

const std::string &JsonHandler::key() const
{
    static const std::string none;
    return m_levels.empty() ? none : m_levels.back().key;
}

std::string JsonHandler::path() const
{
    std::string text;
    for (const Level &level : m_levels) {
        if (level.isArray && level.index > 0) {
            text += "[" + std::to_string(level.index - 1) + "]";
        } else if (!level.isArray && !level.keys.empty()) {
            text += (text.empty() ? "" : ".") + printable(level.key);
        }
    }
    return printable(text);
}

void JsonHandler::fail(const std::string &what) const
{
    const std::string where = path();
    throw Error(ErrorCode::FileMalformed, m_fileName, where,
                m_fileName + ": " + (where.empty() ? "" : where + ": ") + what + ".");
}

bool JsonHandler::deliver(nlohmann::json &&value)
{
    if (!m_levels.empty()) {
        ++m_levels.back().index;
    }
    constexpr std::uint64_t stopEvery = 4096;
    if (++m_values % stopEvery == 0) {
        m_watch.throwIfStopped(m_fileName);
    }
    scalar(std::move(value));
    return true;
}

void JsonHandler::begin(bool isArray)
{
    if (!m_levels.empty()) {
        ++m_levels.back().index;
    }
    if (m_levels.size() >= maxJsonDepth) {
        fail("values are nested deeper than " + std::to_string(maxJsonDepth) + " levels");
    }
    opened(isArray);
    m_levels.push_back({isArray, {}, 0, {}});
}

void JsonHandler::end()
{
    const bool isArray = m_levels.back().isArray;
    m_levels.pop_back();
    closed(isArray);
}

bool JsonHandler::start_object(std::size_t)
{
    begin(false);
    return true;
}

bool JsonHandler::key(string_t &name)
{
    Level &level = m_levels.back();
    level.key = name;
    if (!level.keys.insert(std::move(name)).second) {
        fail("this key stands there twice");
    }
    return true;
}

bool JsonHandler::end_object()
{
    end();
    return true;
}

bool JsonHandler::start_array(std::size_t)
{
    begin(true);
    return true;
}

bool JsonHandler::end_array()
{
    end();
    return true;
}

bool JsonHandler::parse_error(std::size_t position, const std::string &, const nlohmann::json::exception &)
{
    fail("byte " + std::to_string(position) + " breaks the rules of JSON; the file is damaged");
}

void parseJson(std::string_view text, JsonHandler &handler)
{
    // nlohmann's lexer takes a NUL byte for the end of the input and would not look at what follows.
    const std::size_t nul = text.find('\0');
    if (nul != std::string_view::npos) {
        throw Error(ErrorCode::FileMalformed, handler.fileName(), {},
                    handler.fileName() + ": byte " + std::to_string(nul) +
                        " is a NUL byte, which JSON does not allow.");
    }
    nlohmann::json_sax<nlohmann::json> *events = &handler; // its events are private in JsonHandler
    nlohmann::json::sax_parse(text.begin(), text.end(), events);
}

nlohmann::json parseJson(std::string_view text, const std::string &fileName)
{
    TreeBuilder builder(fileName);
    parseJson(text, builder);
    return builder.take();
}

nlohmann::json readJsonFile(const ModelFolder &folder, const std::string &name, std::uint64_t maxBytes)
{
    TreeBuilder builder(folder.fileName(name), folder.watch());
    parseJson(folder.readText(name, maxBytes), builder);
    return builder.take();
}

} // namespace engine::model
