//! Translates sentences without an article around them, and checks each.
//!
//! ```sh
//! cargo run --release --example translate_sentences
//! ```

#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;

use khulasa::{DEFAULT_MODEL, LocalModel, ModelOptions, Translator, check, find_card};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sentences = [
        "أعلنت الوزارة أن المدارس ستفتح أبوابها في 7 أيلول المقبل.",
        "وقال الطبيب إن عدد المرضى انخفض إلى النصف.",
        "متى يصل القطار؟",
    ];

    // A card says what a model needs; the default's weights come with the source.
    let model = LocalModel::load(&find_card(DEFAULT_MODEL)?, &ModelOptions::default())?;

    // The observer sees every step of the model and may stop it with `ControlFlow::Break`.
    let mut steps = 0;
    let hypotheses = model.translate(
        &sentences,
        &mut |_| {
            steps += 1;
            ControlFlow::Continue(())
        },
        &mut |_, _| {},
    )?;

    for (source, hypothesis) in sentences.iter().zip(&hypotheses) {
        println!("{source}\n    {}", hypothesis.text);
        for flag in check(source, &hypothesis.text) {
            println!("    ! {flag:?}");
        }
    }
    println!("({steps} steps for {} sentences)", sentences.len());
    Ok(())
}
