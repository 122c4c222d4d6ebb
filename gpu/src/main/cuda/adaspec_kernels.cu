// All kernels as one module.
#include "attention.cu"
#include "drafting.cu"
#include "elementwise.cu"
#include "matmul.cu"
#include "rejection.cu"
#include "sampling.cu"
#include "upload.cu"
#include "probe.cu"
