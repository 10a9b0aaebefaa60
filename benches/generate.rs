//! The embedded default's speed in tokens per second: reading (prefill), and writing for many
//! sentences at once and for one. `cargo bench --bench generate`; threads by `RAYON_NUM_THREADS`.

use std::ops::ControlFlow;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use khulasa_inference::{
    DeviceChoice, Generator, LoadOptions, Options, Precision, Prompt, Rules, Search,
};

const READ: usize = 40;
const WRITTEN: usize = 32;

/// Prompts of 40 tokens that say nothing; no token ends an output, so all have the same length.
fn prompts(n: usize, max_new_tokens: usize) -> Vec<Prompt> {
    (0..n)
        .map(|i| Prompt {
            tokens: (0..READ)
                .map(|j| (1000 + (i * 7919 + j * 104_729) % 30_000) as u32)
                .collect(),
            max_new_tokens,
            min_new_tokens: 0,
        })
        .collect()
}

fn generate(c: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../models/gist-ar-en/gist-ar-en-00001-of-00002.gguf");
    let options = LoadOptions {
        device: DeviceChoice::Cpu,
        precision: Precision::Fast,
        threads: None,
    };
    let generator = Generator::load(&path, &options).expect("the embedded default");
    let run = |prompts: &[Prompt], batch: usize| {
        let options = Options {
            search: Search::Greedy,
            stop: Vec::new(),
            rules: Rules::default(),
            batch,
        };
        generator
            .generate(prompts, &options, &mut |_| ControlFlow::Continue(()))
            .expect("these prompts fit")
    };
    let mut group = c.benchmark_group("gist-ar-en");
    group.sample_size(10);
    let reading = prompts(32, 1);
    group.throughput(Throughput::Elements((32 * READ) as u64));
    group.bench_function("prefill", |b| b.iter(|| run(&reading, 32)));
    for batch in [1, 8, 32] {
        let writing = prompts(batch, WRITTEN);
        group.throughput(Throughput::Elements((batch * WRITTEN) as u64));
        group.bench_with_input(
            BenchmarkId::new("read and write", batch),
            &batch,
            |b, &batch| {
                b.iter(|| run(&writing, batch));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, generate);
criterion_main!(benches);
