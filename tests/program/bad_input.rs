//! Input that is no article, or a damaged one: it is said what is wrong, and the others are
//! delivered.

use std::fs;

use crate::{SMALL, digests, ended, folder, khulasa, text};

/// UTF-16 with a byte-order mark.
fn utf16(units: impl IntoIterator<Item = u16>) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(units);
    units.flat_map(u16::to_le_bytes).collect()
}

#[test]
fn bad_articles_cost_no_good_one() {
    let latin =
        "The council opened a new library on Sunday, and all the children of the town came.";
    let persian = "این کتابخانه روز یکشنبه در شهر گشایش یافت و هشت هزار کتاب دارد. شهردار گفت که این پروژه سه سال طول کشید.";
    let bad: [(&str, Vec<u8>, &str); 8] = [
        ("empty.txt", Vec::new(), "has no text in it"),
        ("blank.txt", b" \n\t\r\n".to_vec(), "has no text in it"),
        (
            "binary.txt",
            (0..=255).cycle().take(9000).collect(),
            "no text",
        ),
        (
            "picture.html",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            "a picture",
        ),
        (
            "points.txt",
            "؟!،؛ ... «» 123 ٤٥٦".into(),
            "has no letters in it",
        ),
        ("latin.txt", latin.into(), "not Arabic"),
        ("persian.txt", persian.into(), "Persian"),
        (
            "latin.html",
            format!("<html><body><p>{latin}</p></body></html>").into(),
            "not Arabic",
        ),
    ];
    let articles = folder(bad.iter().map(|(name, content, _)| (*name, content)));
    let good = articles.path().join("good.txt");
    fs::write(&good, SMALL).unwrap();
    let missing = articles.path().join("missing.txt");
    let output = khulasa(["summarize", "--format", "jsonl"])
        .arg(&missing)
        .arg(articles.path())
        .arg(&good)
        .output()
        .unwrap();
    ended(&output, 1);
    let delivered = digests(&output.stdout);
    assert_eq!(delivered.len(), 1, "the good one, once");
    assert_eq!(delivered[0]["id"], good.to_str().unwrap());

    let said: Vec<_> = text(&output.stderr).lines().collect();
    assert_eq!(said.len(), bad.len() + 1, "{said:#?}");
    let missing = ("missing.txt", Vec::new(), "cannot be read");
    for (name, _, what) in bad.iter().chain([&missing]) {
        let start = format!("khulasa: {}: ", articles.path().join(name).display());
        let line = said
            .iter()
            .find(|line| line.starts_with(&start))
            .expect(name);
        assert!(line.contains(what), "{line}");
    }
}

#[test]
fn damaged_articles_are_delivered_as_far_as_they_go() {
    let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    let unpaired = [
        units(&SMALL[..60]),
        vec![0xD800],
        units("مكتبة"),
        vec![0xDC00],
        units(&SMALL[60..]),
    ];
    let mixed = "شركة Example أعلنت عن Model 11 في New York. The company said هذا المنتج جديد.\n\n日本語のテキスト و Привет мир في السطر نفسه.";
    let html = "<html><body><div><p>افتتحت بلدية نابلس مكتبة تضم 8500 كتاب.<p><b>وقال رئيس البلدية إن المشروع كلف كثيرا</i></div></div><table><tr><p>ستفتح غدا <a href=\"x";
    let damaged: [(&str, Vec<u8>, &str); 6] = [
        (
            "cut.txt",
            SMALL.as_bytes()[..SMALL.len() - 3].to_vec(),
            "UTF-8",
        ),
        ("unpaired.txt", utf16(unpaired.concat()), "UTF-16LE"),
        ("odd.txt", utf16(units(SMALL))[..301].to_vec(), "UTF-16LE"),
        ("mixed.txt", mixed.into(), "UTF-8"),
        ("broken.html", html.into(), "UTF-8"),
        (
            "one-line.txt",
            "افتتحت البلدية مكتبة تضم 8500 كتاب. ".repeat(3300).into(),
            "UTF-8",
        ),
    ];
    let articles = folder(damaged.iter().map(|(name, content, _)| (*name, content)));
    let paths = damaged
        .iter()
        .map(|(name, _, _)| articles.path().join(name));
    let output = khulasa(["--format", "jsonl"]).args(paths).output().unwrap();
    ended(&output, 0);
    let delivered = digests(&output.stdout);
    assert_eq!(delivered.len(), damaged.len());
    for ((name, _, encoding), digest) in damaged.iter().zip(&delivered) {
        assert!(digest["id"].as_str().unwrap().ends_with(name));
        assert_eq!(digest["encoding"], *encoding);
        assert_ne!(
            digest["translation"]["paragraphs"][0]["sentences"][0]["target"],
            ""
        );
    }
    // What could not be decoded is said, and nothing else.
    let said: Vec<_> = text(&output.stderr).lines().collect();
    assert_eq!(said.len(), 3, "{said:#?}");
    for (line, name) in said.iter().zip(["cut.txt", "unpaired.txt", "odd.txt"]) {
        assert!(line.contains(name) && line.contains("--encoding"), "{line}");
    }
    let long = &delivered[5]["translation"]["paragraphs"][0]["sentences"];
    assert_eq!(long.as_array().unwrap().len(), 3300);
}

#[test]
fn fifty_megabytes() {
    let articles = folder([
        ("arabic.txt", SMALL.repeat(50_000_000 / SMALL.len())),
        (
            "latin.txt",
            "The council opened a new library on Sunday. ".repeat(1_200_000),
        ),
    ]);
    let output = khulasa(["summarize", "--summary-sentences", "1", "--format", "jsonl"])
        .arg(articles.path())
        .output()
        .unwrap();
    ended(&output, 1);
    assert_eq!(digests(&output.stdout).len(), 1);
    assert!(text(&output.stderr).contains("latin.txt: looks like"));
}

#[test]
fn one_word_of_two_hundred_kilobytes() {
    let articles = folder([("word.txt", "كلمة".repeat(25_000))]);
    let output = khulasa(["summarize"])
        .arg(articles.path())
        .output()
        .unwrap();
    ended(&output, 0);
}

#[cfg(unix)]
#[test]
fn unreadable_files() {
    use std::os::unix::fs::PermissionsExt;

    let articles = folder([("a.txt", SMALL)]);
    let path = articles.path().join("a.txt");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        return; // Root may read everything.
    }
    let output = khulasa(["summarize"]).arg(&path).output().unwrap();
    ended(&output, 1);
    assert!(text(&output.stderr).contains("a.txt: cannot be read"));
}

#[test]
fn folders_are_searched_in_order() {
    let articles = folder([
        ("b.txt", SMALL),
        ("a/z.HTML", SMALL),
        ("a/picture.png", "no article"),
        (".hidden/c.txt", SMALL),
    ]);
    let output = khulasa(["summarize", "--format", "jsonl"])
        .arg(articles.path())
        .arg(articles.path().join("a"))
        .arg(articles.path().join("a/../b.txt"))
        .output()
        .unwrap();
    ended(&output, 0);
    let ids = digests(&output.stdout);
    let ids: Vec<_> = ids.iter().map(|d| d["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2, "each once: {ids:?}");
    assert!(
        ids[0].ends_with("a/z.HTML") && ids[1].ends_with("b.txt"),
        "{ids:?}"
    );
}

#[test]
fn nothing_to_do() {
    let empty = folder::<&str>([]);
    let output = khulasa([]).arg(empty.path()).output().unwrap();
    ended(&output, 2);
    assert!(text(&output.stderr).contains("holds no article"));

    for arguments in [
        &[][..],
        &["--quiet"],
        &["translate"],
        &["--threads", "0", "a"],
        &["--device", "tpu", "a"],
        &["--encoding", "klingon", "a"],
    ] {
        let output = khulasa([]).args(arguments).output().unwrap();
        ended(&output, 2);
        assert!(!output.stderr.is_empty(), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn missing_weights() {
    let article = folder([("a.txt", SMALL)]);
    let models = folder::<&str>([]);
    let run = || {
        let output = khulasa([])
            .env("KHULASA_MODELS", models.path())
            .arg(article.path())
            .output()
            .unwrap();
        ended(&output, 2);
        assert!(output.stdout.is_empty());
        text(&output.stderr).to_owned()
    };
    let said = run();
    assert!(
        said.contains("gist-ar-en") && said.contains("KHULASA_MODELS"),
        "{said}"
    );

    let card = crate::root().join("models/gist-ar-en/card.toml");
    fs::create_dir(models.path().join("gist-ar-en")).unwrap();
    fs::copy(card, models.path().join("gist-ar-en/card.toml")).unwrap();
    let said = run();
    assert!(said.contains("are missing"), "{said}");
}
