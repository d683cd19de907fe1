#include "engine/model/detail/tensor_list.h"

namespace engine::model {

namespace {

/// Hands out nothing and remembers what it was asked for.
class Recorder final : public TensorSource {
public:
    bool contains(const std::string &) const override { return true; }
    memory::Tensor plain(const std::string &name, std::initializer_list<std::uint64_t> dims) override
    {
        m_specs.push_back({name, dims, false});
        return {};
    }
    Linear linear(const std::string &name, std::uint64_t rows, std::uint64_t cols) override
    {
        const bool kept = name.ends_with("head.weight") || name.ends_with("eh_proj.weight");
        m_specs.push_back({name, {rows, cols}, !kept});
        return {};
    }
    void refuse(const std::string &, const std::string &) const override {}

    std::vector<TensorSpec> take() { return std::move(m_specs); }

private:
    std::vector<TensorSpec> m_specs;
};

} // namespace

std::vector<TensorSpec> listTensors(const ModelConfig &config)
{
    Recorder recorder;
    readWeights(config, recorder);
    return recorder.take();
}

} // namespace engine::model
