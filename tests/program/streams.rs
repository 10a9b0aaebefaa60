//! Standard input and output: what comes when, and what happens when somebody hangs up.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use crate::{SMALL, ended, folder, khulasa, names, program, root, text};

const NEWS: &str = "examples/articles/news.txt";

fn spawn(arguments: &[&str]) -> Child {
    Command::new(program())
        .args(arguments)
        .env_remove("KHULASA_MODELS")
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn line(from: impl Read) -> String {
    let mut line = String::new();
    BufReader::new(from).read_line(&mut line).unwrap();
    line
}

#[test]
fn the_headline_comes_while_the_rest_is_being_made_and_a_broken_pipe_is_no_error() {
    let mut child = spawn(&[NEWS]);
    let headline = line(child.stdout.take().unwrap());
    assert!(
        headline.starts_with(|c: char| c.is_alphabetic()),
        "{headline}"
    );
    assert!(child.try_wait().unwrap().is_none(), "it is still at work");
    // By now nobody reads the rest.
    let output = child.wait_with_output().unwrap();
    ended(&output, 0);
    assert_eq!(text(&output.stderr), "");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_nothing_behind() {
    let out = folder::<&str>([]);
    let path = out.path().join("out.txt");
    let mut child = spawn(&[
        "--verbose",
        "--output",
        path.to_str().unwrap(),
        "examples/articles",
    ]);
    let said = BufReader::new(child.stderr.take().unwrap()).lines();
    let loaded = said
        .map(Result::unwrap)
        .find(|line| line.contains("loaded in"));
    assert!(loaded.is_some());
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    ended(&child.wait_with_output().unwrap(), 130);
    assert!(names(out.path()).is_empty());
}

#[test]
fn standard_input_is_text_or_a_page_in_any_encoding() {
    let page = format!(
        "<!DOCTYPE html><html lang=\"ar\"><head><title>مكتبة</title></head><body><nav><a href=\"/\">الرئيسية</a></nav><article><h1>افتتاح مكتبة عامة</h1><p>{}</p></article></body></html>",
        "افتتحت بلدية نابلس مكتبة عامة تضم 8500 كتاب. وقال رئيس البلدية إن المشروع كلف كثيرا."
    );
    let utf16: Vec<u8> = SMALL.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (input, options) in [
        (page.into_bytes(), &[][..]),
        (utf16, &["--encoding", "utf-16be"]),
    ] {
        let output = khulasa(["summarize", "--format", "jsonl", "-"])
            .args(options)
            .write_stdin(input)
            .output()
            .unwrap();
        ended(&output, 0);
        assert!(
            text(&output.stdout).contains("8,500"),
            "{}",
            text(&output.stdout)
        );
        assert!(output.stderr.is_empty());
    }
}

#[cfg(unix)]
#[test]
fn closed_standard_input() {
    let output = Command::new("sh")
        .args(["-c", "exec \"$0\" - <&-"])
        .arg(program())
        .output()
        .unwrap();
    ended(&output, 1);
    assert!(text(&output.stderr).starts_with("khulasa: <stdin>: "));
}
