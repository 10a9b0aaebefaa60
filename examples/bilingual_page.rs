//! Writes one web page for several articles: Arabic beside English, nothing fetched from anywhere.
//!
//! ```sh
//! cargo run --release --example bilingual_page -- page.html examples/articles/*.txt
//! ```

use std::fs::File;
use std::io::{BufWriter, Write};

use khulasa::render::html;
use khulasa::{Article, Khulasa, ReadOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let page = arguments.next().ok_or("which page is to be written?")?;

    let khulasa = Khulasa::builder().build()?;
    let digest = |path| {
        let article = Article::read(path, &ReadOptions::default())?;
        khulasa.digest(&article)
    };
    let digests = arguments.map(digest).collect::<khulasa::Result<Vec<_>>>()?;

    let mut page = BufWriter::new(File::create(page)?);
    html(&digests, &mut page)?;
    page.flush()?;
    Ok(())
}
