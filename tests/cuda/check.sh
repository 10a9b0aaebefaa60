#!/bin/sh
# Checks that everything compiles for CUDA on a machine without it: nvcc comes as Python packages.
#
#     tests/cuda/check.sh [FOLDER]       # some 3 GB go into FOLDER, target/cuda unless told
#
# With CUDA's own toolkit installed, `cargo check --workspace --features khulasa-cli/cuda` is enough.
set -eu
cd "$(dirname "$0")/../.."
folder=${1:-target/cuda}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
series=13.0

if [ ! -d "$folder/env" ]; then
    python3 -m venv "$folder/env"
fi
"$folder/env/bin/pip" install --quiet --no-deps \
    "nvidia-cuda-nvcc==$series.*" "nvidia-cuda-crt==$series.*" "nvidia-cuda-runtime==$series.*" \
    "nvidia-cuda-cccl==$series.*" "nvidia-cuda-nvrtc==$series.*" "nvidia-nvvm==$series.*" \
    nvidia-cublas nvidia-curand

home=$("$folder/env/bin/python" -c '
import glob, sysconfig
print(glob.glob(sysconfig.get_path("purelib") + "/nvidia/cu13")[0])')
[ -e "$home/lib64" ] || ln -s lib "$home/lib64"
for library in "$home"/lib/*.so.*; do
    plain=${library%%.so.*}.so
    [ -e "$plain" ] || ln -s "$(basename "$library")" "$plain"
done

export CUDA_HOME="$home" CUDA_PATH="$home" CUDA_ROOT="$home" PATH="$home/bin:$PATH"
export CUDA_COMPUTE_CAP="${CUDA_COMPUTE_CAP:-90}"
export NVCC_APPEND_FLAGS="-I$home/include -I$home/include/cccl"
exec cargo check --release --workspace --all-targets --features khulasa-cli/cuda --target-dir "$folder/target"
