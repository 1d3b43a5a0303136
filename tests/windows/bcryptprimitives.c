/* Stands in for Windows' bcryptprimitives.dll where Wine has none (Wine 8). Rust's standard library takes one function
   of it. For tests only: it lies beside the tested program and never ships. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID, ULONG); /* RtlGenRandom, of advapi32.dll */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
    return SystemFunction036(data, (ULONG)length);
}
