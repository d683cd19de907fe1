#pragma once
// A random deepseek_v3 model of some kilobytes, with every file a real model folder has.

#include "tests/engine/support/safetensors_writer.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace support {

/// The same options give the same bytes on every machine.
struct TinyModelOptions {
    std::uint64_t seed = 1;

    int layers = 3;
    int hidden = 64;
    int heads = 4;
    int qLoraRank = 24; ///< 0: null in config.json, one q_proj
    int kvLoraRank = 32;
    int nope = 16;
    int rope = 8;
    int valueDim = 24;
    int denseWidth = 160;
    int expertWidth = 32;
    int firstDense = 1;
    int moeLayerFreq = 1;
    int experts = 8; ///< at least 2
    int sharedExperts = 1;
    int expertsPerToken = 3;
    int groups = 4;
    int groupsPerToken = 2;
    int maxPositions = 512;
    bool normalizeTopK = true;
    double routedScale = 2.5;
    bool tied = false;

    bool yarn = false;           ///< factor 4 from 128 positions, mscale and mscale_all_dim 1.0
    bool ropeParameters = false; ///< transformers 5 spelling
    int mtpModules = 0;
    bool mtpCopies = true; ///< the MTP layer carries its own embedding and head, equal to the main ones

    /// Of the matrices; norms and router are BF16 (F32 if this is F32), e_score_correction_bias is F32.
    /// Fp8: linear layers F8_E4M3 with scales, embedding, head, router and eh_proj BF16.
    enum class Storage { F32, BF16, F16, Fp8 };
    Storage storage = Storage::BF16;

    int shards = 1;    ///< 1: model.safetensors; more: an index and shards
    int alignment = 8; ///< 1: tensor data at odd addresses
};

struct TinyModel {
    nlohmann::ordered_json config;
    nlohmann::ordered_json generationConfig;
    nlohmann::ordered_json tokenizer;
    nlohmann::ordered_json tokenizerConfig;
    std::vector<NamedTensor> tensors;

    NamedTensor &tensor(const std::string &name); ///< throws when there is none
    void remove(const std::string &name);
};

/// vocab_size is the tokenizer's size rounded up, so the last rows have no token.
TinyModel makeTinyModel(const TinyModelOptions &options = {});

/// Writes all files into `folder`, which is created when it is missing.
void writeTinyModel(const TinyModel &model, const TinyModelOptions &options, const std::filesystem::path &folder);
void writeTinyModel(const TinyModelOptions &options, const std::filesystem::path &folder);

} // namespace support
