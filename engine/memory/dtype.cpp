#include "engine/memory/dtype.h"

#include "engine/error.h"

#include <array>
#include <string>

namespace engine::memory {

namespace {

struct DTypeRow {
    DType dtype;
    std::string_view name;
    std::size_t bytes;        ///< of a block
    std::size_t elements = 1; ///< of a block
};

constexpr std::array dtypeTable = {
    DTypeRow{DType::F32, "F32", 4},
    DTypeRow{DType::F16, "F16", 2},
    DTypeRow{DType::BF16, "BF16", 2},
    DTypeRow{DType::F8_E4M3, "F8_E4M3", 1},
    DTypeRow{DType::F8_E5M2, "F8_E5M2", 1},
    DTypeRow{DType::F8_E8M0, "F8_E8M0", 1},
    DTypeRow{DType::F64, "F64", 8},
    DTypeRow{DType::I64, "I64", 8},
    DTypeRow{DType::U64, "U64", 8},
    DTypeRow{DType::I32, "I32", 4},
    DTypeRow{DType::U32, "U32", 4},
    DTypeRow{DType::I16, "I16", 2},
    DTypeRow{DType::U16, "U16", 2},
    DTypeRow{DType::I8, "I8", 1},
    DTypeRow{DType::U8, "U8", 1},
    DTypeRow{DType::BOOL, "BOOL", 1},
    DTypeRow{DType::Q8_0, "Q8_0", 34, 32},
    DTypeRow{DType::Q4_0, "Q4_0", 18, 32},
    DTypeRow{DType::Q4_K, "Q4_K", 144, 256},
    DTypeRow{DType::Q5_K, "Q5_K", 176, 256},
    DTypeRow{DType::Q6_K, "Q6_K", 210, 256},
    DTypeRow{DType::Q4_1, "Q4_1", 20, 32},
    DTypeRow{DType::Q5_0, "Q5_0", 22, 32},
    DTypeRow{DType::Q5_1, "Q5_1", 24, 32},
    DTypeRow{DType::IQ4_NL, "IQ4_NL", 18, 32},
};

constexpr bool rowsFollowTheEnum()
{
    for (std::size_t i = 0; i < dtypeTable.size(); ++i) {
        if (dtypeTable[i].dtype != static_cast<DType>(i)) {
            return false;
        }
    }
    return dtypeTable.size() == static_cast<std::size_t>(DType::IQ4_NL) + 1;
}
static_assert(rowsFollowTheEnum());

const DTypeRow &rowOf(DType dtype)
{
    return dtypeTable[static_cast<std::size_t>(dtype)];
}

} // namespace

std::size_t dtypeBytes(DType dtype)
{
    if (isBlockType(dtype)) {
        throw Error(ErrorCode::Internal, {}, {},
                    "The size of one element of type " + std::string(dtypeName(dtype)) + " was asked for.");
    }
    return rowOf(dtype).bytes;
}

std::size_t blockElements(DType dtype)
{
    return rowOf(dtype).elements;
}

std::size_t blockBytes(DType dtype)
{
    return rowOf(dtype).bytes;
}

bool isBlockType(DType dtype)
{
    return rowOf(dtype).elements > 1;
}

std::string_view dtypeName(DType dtype)
{
    return rowOf(dtype).name;
}

std::optional<DType> dtypeFromName(std::string_view name)
{
    for (const DTypeRow &row : dtypeTable) {
        if (row.name == name && row.elements == 1) {
            return row.dtype;
        }
    }
    return std::nullopt;
}

bool isFloatMatrixType(DType dtype)
{
    return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::F8_E4M3;
}

} // namespace engine::memory
