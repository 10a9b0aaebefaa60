//! Digests an article: English headline, summary, and what to check before quoting.
//!
//! ```sh
//! cargo run --release --example digest_file -- examples/articles/news.txt
//! ```

#![allow(clippy::print_stdout)]

use khulasa::{Article, Khulasa, ReadOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("which article?")?;

    // Text or HTML, in any encoding that Arabic comes in: all of it is detected.
    let article = Article::read(path, &ReadOptions::default())?;

    // Load once, digest as many articles as you like.
    let khulasa = Khulasa::builder().build()?;
    let digest = khulasa.digest(&article)?;

    println!("{}\n", digest.title.as_deref().unwrap_or(&digest.id));

    // Each sentence of the summary knows where in the Arabic it comes from.
    for sentence in digest.summary.iter().flat_map(|s| &s.sentences) {
        println!("* {}", sentence.text);
        for &source in &sentence.sources {
            println!("    {}", article.sentence(source));
        }
    }

    // Sentences that did not pass the checks carry flags.
    let paragraphs = digest.translation.paragraphs.iter();
    for sentence in paragraphs.flat_map(|p| &p.sentences) {
        for flag in &sentence.flags {
            let target = sentence.target.as_deref().unwrap_or_default();
            println!("\n{flag:?}\n    {target}\n    {}", sentence.source);
        }
    }

    let model = &digest.model;
    println!("\nTranslated by {}, {}.", model.name, model.quality.label());
    Ok(())
}
