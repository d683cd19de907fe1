#include "engine/model/detail/index_file.h"

#include "engine/error.h"
#include "engine/model/detail/message.h"
#include "engine/model/json_reader.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

namespace engine::model {

namespace {

constexpr std::uint64_t maxIndexBytes = std::uint64_t{64} << 20;

bool isShardName(const std::string &name)
{
    constexpr std::string_view suffix = ".safetensors";
    if (!name.ends_with(suffix)) {
        return false;
    }
    const std::size_t stem = name.size() - suffix.size();
    return stem >= 1 && stem <= 240 && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                      c == '_' || c == '-';
           });
}

class IndexHandler final : public JsonHandler {
public:
    using JsonHandler::JsonHandler;

    ShardIndex take()
    {
        m_index.shards.assign(m_shards.begin(), m_shards.end());
        return std::move(m_index);
    }
    bool sawWeightMap() const { return m_sawWeightMap; }

private:
    bool inWeightMap() const { return depth() > 1 && keyAt(0) == "weight_map"; }

    void opened(bool isArray) override
    {
        if (depth() == 0 && isArray) {
            fail("the index is not a JSON object");
        }
        if (depth() == 1 && key() == "weight_map") {
            if (isArray) {
                fail("the map from tensors to files is not an object");
            }
            m_sawWeightMap = true;
        }
        if (inWeightMap()) {
            fail("a file name must be text");
        }
    }
    void closed(bool) override {}

    void scalar(nlohmann::json &&value) override
    {
        if (depth() == 0) {
            fail("the index is not a JSON object");
        }
        if (depth() == 1 && key() == "weight_map") {
            fail("the map from tensors to files is not an object");
        }
        if (inWeightMap()) {
            addEntry(value);
        }
    }

    void addEntry(const nlohmann::json &value)
    {
        if (!value.is_string()) {
            fail("a file name must be text");
        }
        const auto &shard = value.get_ref<const std::string &>();
        if (!isShardName(shard)) {
            fail("the index lists '" + printable(shard) +
                 "': file names must end in .safetensors and stay inside the model folder");
        }
        m_shards.insert(shard);
        m_index.weightMap.emplace(key(), shard);
    }

    ShardIndex m_index;
    std::set<std::string> m_shards;
    bool m_sawWeightMap = false;
};

} // namespace

ShardIndex readShardIndex(const ModelFolder &folder, const std::string &name)
{
    IndexHandler handler(folder.fileName(name), folder.watch());
    parseJson(folder.readText(name, maxIndexBytes), handler);
    if (!handler.sawWeightMap()) {
        throw Error(ErrorCode::FileMalformed, handler.fileName(), "weight_map",
                    handler.fileName() + ": weight_map is missing; the index says nothing about the tensors.");
    }
    ShardIndex index = handler.take();
    if (index.weightMap.empty()) {
        throw Error(ErrorCode::FileMalformed, handler.fileName(), "weight_map",
                    handler.fileName() + ": weight_map lists no tensors.");
    }
    return index;
}

} // namespace engine::model
