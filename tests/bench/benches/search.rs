//! What processor time one search over 10,000 memories takes, their rows' decoding included; and first, how well
//! search finds and how large its rows are.

use criterion::{Criterion, criterion_group, criterion_main};
use domain::search::evaluation::{Evaluation, GROUPS, NOW, Signals, other_memory};
use domain::search::{Queries, Spelling, search};
use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

const MANY: usize = 10_000;

fn searching(criterion: &mut Criterion) {
    let (Ok(few), Ok(many)) = (Evaluation::among(60), Evaluation::among(MANY)) else { return };
    let _ = report(&few, &many);
    let paraphrases = ["drug allergy", "allergic reaction to antibiotics", "intolerance doctor prescribed"];
    let long: Vec<String> = (0..6).map(|n| other_memory(n * 20, &[]).chars().take(1000).collect()).collect();
    let longest: Vec<&str> = long.iter().map(String::as_str).collect();
    let questions = [
        ("one question", Queries::of("what am I allergic to", &[], &Spelling)),
        ("three paraphrases", Queries::of("which medicines must I never be given", &paraphrases, &Spelling)),
        ("the longest", Queries::of(longest.first().copied().unwrap_or_default(), &longest, &Spelling)),
    ];
    let mut group = criterion.benchmark_group("search");
    group.sample_size(20);
    for (name, queries) in &questions {
        group.bench_function(*name, |bencher| {
            bencher.iter_custom(|times| {
                let before = on_processor();
                for _ in 0..times {
                    black_box(search(
                        [&many.decoded()],
                        black_box(queries),
                        |facts| facts.is_live(NOW),
                        |_| true,
                        NOW,
                    ));
                }
                on_processor().saturating_sub(before)
            });
        });
    }
    group.finish();
}

/// For how long this process has been running, not waiting: what others do on the machine does not count.
fn on_processor() -> Duration {
    let said = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    said.split(' ').next().and_then(|nanos| nanos.parse().ok()).map(Duration::from_nanos).unwrap_or_default()
}

/// One line of tab-separated figures for each group, and one for the size of the rows.
fn report(few: &Evaluation, many: &Evaluation) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (group, paraphrased) in GROUPS.into_iter().flat_map(|group| [(group, false), (group, true)]) {
        if few.has(group, paraphrased) {
            let recall = |signals| few.recall(group, signals, paraphrased);
            let alone = [Signals::Words, Signals::Spelling].map(recall);
            let both = [few, many].map(|all| all.recall(group, Signals::Both, paraphrased));
            let paraphrased = if paraphrased { ", paraphrased" } else { "" };
            writeln!(
                out,
                "recall\t{group}{paraphrased}\t{}\t{}\t{}\t{}",
                alone[0], alone[1], both[0], both[1]
            )?;
        }
    }
    let bytes: usize = many.entries().map(|(_, row)| row.len()).sum();
    writeln!(out, "bytes\t{}", bytes * 1000 / MANY)
}

criterion_group!(benches, searching);
criterion_main!(benches);
