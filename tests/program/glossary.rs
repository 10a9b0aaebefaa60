//! Glossaries, repairs and `--strict`.

use crate::{SMALL, digests, ended, folder, khulasa, text};

#[test]
fn a_glossary_is_followed() {
    let folder = folder([
        ("small.txt", SMALL),
        ("terms.tsv", "# the town's English\nنابلس\tNablous\n"),
    ]);
    let output = khulasa([
        "translate",
        "--format",
        "jsonl",
        "--glossary",
        "terms.tsv",
        "small.txt",
    ])
    .current_dir(folder.path())
    .output()
    .unwrap();
    ended(&output, 0);
    let digest = &digests(&output.stdout)[0];
    assert!(
        digest["title"].as_str().unwrap().contains("Nablous"),
        "{}",
        digest["title"]
    );
    let term = &digest["terms"][0];
    assert_eq!(
        (&term["source"], &term["target"]),
        (&"نابلس".into(), &"Nablous".into())
    );
    assert_eq!(term["sentences"].as_array().unwrap().len(), 2);
    assert!(
        term["sentences"]
            .as_array()
            .unwrap()
            .iter()
            .all(|used| used[1] == "repaired")
    );
    assert!(digest["repairs"]["input_tokens"].as_u64().unwrap() > 0);
}

#[test]
fn a_bad_glossary_names_file_and_line() {
    let folder = folder([("small.txt", SMALL), ("terms.tsv", "# x\nنابلس\n")]);
    let run = |glossary| {
        khulasa(["--glossary", glossary, "small.txt"])
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let output = run("terms.tsv");
    ended(&output, 2);
    let said = text(&output.stderr);
    assert!(
        said.contains("terms.tsv, line 2: “نابلس” has no English"),
        "{said}"
    );
    assert!(output.stdout.is_empty());
    let output = run("none.tsv");
    ended(&output, 2);
    assert!(text(&output.stderr).contains("none.tsv: cannot be read"));
}

#[test]
fn strict_makes_a_mark_a_status() {
    let folder = folder([
        ("small.txt", SMALL),
        // Nobody writes this by chance, and without repairs nobody puts it in.
        ("terms.tsv", "نابلس\tXyzzyville\n"),
    ]);
    for (arguments, status) in [(&["--no-repair", "--strict"][..], 3), (&["--no-repair"], 0)] {
        let output = khulasa(["translate", "--glossary", "terms.tsv", "small.txt"])
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        ended(&output, status);
        assert!(!output.stdout.is_empty());
    }
}
