#pragma once
// mma.sync.m16n8k32 in E4M3 with F32 sums (PTX ISA 9.7.14.5.10). What the tensor cores leave out of the sums is not
// imitated.

namespace emulator {

void mmaE4m3(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]);

} // namespace emulator
