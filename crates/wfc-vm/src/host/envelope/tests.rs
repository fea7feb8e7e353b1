#![allow(clippy::unwrap_used)]

use wfc_ir::Protocol;

use super::{Answer, Problem, read};

const CLAUDE: &str = r#"{"type":"system","subtype":"init","session_id":"c-1","model":"opus-x","tools":["Bash"]}
{"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"Let me look."},{"type":"tool_use","name":"Bash"}]},"parent_tool_use_id":null,"session_id":"c-1"}
{"type":"user","message":{"role":"user","content":[{"type":"tool_result","content":"ok"}]},"session_id":"c-1"}
{"type":"from-the-future","session_id":"c-1"}
{"type":"result","subtype":"success","is_error":false,"result":"Done, \"all\" of it.\n","session_id":"c-1","total_cost_usd":0.25,"duration_ms":1200,"num_turns":2,"usage":{"input_tokens":10,"output_tokens":4},"terminal_reason":"completed"}
"#;

const CODEX: &str = r#"{"type":"thread.started","thread_id":"t-1"}
{"type":"turn.started"}
{"type":"error","message":"Reconnecting... 1/5"}
{"type":"item.completed","item":{"id":"i0","type":"reasoning","text":"hmm"}}
{"type":"item.completed","item":{"id":"i1","type":"agent_message","text":"First thought"}}
{"type":"item.completed","item":{"id":"i2","type":"command_execution","command":"ls","exit_code":0}}
{"type":"item.completed","item":{"id":"i3","type":"agent_message","text":"Final word"}}
{"type":"turn.completed","usage":{"input_tokens":7,"cached_input_tokens":2,"output_tokens":3}}
"#;

const GEMINI: &str = r#"{"type":"init","timestamp":"t","session_id":"g-1","model":"gemini-x"}
{"type":"message","role":"user","content":"the question"}
{"type":"message","role":"assistant","content":"I will ","delta":true}
{"type":"message","role":"assistant","content":"look.","delta":true}
{"type":"tool_use","tool_name":"ls","tool_id":"1"}
{"type":"tool_result","tool_id":"1","status":"success"}
{"type":"message","role":"assistant","content":"It is ","delta":true}
{"type":"message","role":"assistant","content":"done.","delta":true}
{"type":"result","status":"success","stats":{"total_tokens":9,"duration_ms":30}}
"#;

const GEMINI_ENVELOPE: &str = r#"Loaded cached credentials.
{
  "session_id": "g-2",
  "response": "All is well.",
  "stats": {
    "models": {
      "gemini-x": {
        "tokens": { "total": 9 }
      }
    }
  }
}
"#;

fn answer(protocol: Protocol, text: &[u8]) -> Answer {
    read(protocol, text).unwrap()
}

/// The answer as one line: the text, the facts, the problem.
fn told(answer: &Answer) -> String {
    let text = answer.text.as_deref().unwrap_or("(none)");
    let facts = serde_json::to_string(&answer.facts).unwrap();
    let problem = match &answer.problem {
        None => String::new(),
        Some(Problem::Reported(why)) => format!(" reported: {why}"),
        Some(Problem::Unreadable(why)) => format!(" unreadable: {why}"),
    };
    format!("{text} {facts}{problem}")
}

fn check(protocol: Protocol, text: &str, expected: &str) {
    assert_eq!(told(&answer(protocol, text.as_bytes())), expected);
}

#[test]
fn the_answer_is_found_behind_the_events() {
    check(
        Protocol::ClaudeJson,
        CLAUDE,
        "Done, \"all\" of it.\n {\"session_id\":\"c-1\",\"model\":\"opus-x\",\"usage\":{\"input_tokens\":10,\"output_tokens\":4},\"cost_usd\":0.25,\"duration_ms\":1200,\"turns\":2}",
    );
    check(
        Protocol::CodexJson,
        CODEX,
        r#"Final word {"session_id":"t-1","usage":{"input_tokens":7,"cached_input_tokens":2,"output_tokens":3}}"#,
    );
    check(
        Protocol::GeminiJson,
        GEMINI,
        r#"It is done. {"session_id":"g-1","model":"gemini-x","usage":{"total_tokens":9,"duration_ms":30},"duration_ms":30}"#,
    );
    check(
        Protocol::GeminiJson,
        GEMINI_ENVELOPE,
        r#"All is well. {"session_id":"g-2","usage":{"gemini-x":{"tokens":{"total":9}}},"model":"gemini-x"}"#,
    );
}

#[test]
fn an_envelope_may_stand_alone_or_in_a_list() {
    let result = CLAUDE.lines().last().unwrap();
    let alone = told(&answer(Protocol::ClaudeJson, result.as_bytes()));
    assert!(alone.starts_with("Done, \"all\""), "{alone}");
    let list = format!("[{}]", CLAUDE.lines().collect::<Vec<_>>().join(","));
    let whole = told(&answer(Protocol::ClaudeJson, CLAUDE.as_bytes()));
    check(Protocol::ClaudeJson, &list, &whole);
    let laid_out = format!("[\n{}\n]\n", CLAUDE.lines().collect::<Vec<_>>().join(",\n"));
    check(Protocol::ClaudeJson, &laid_out, &whole);
    let crlf = CLAUDE.replace('\n', "\r\n");
    check(Protocol::ClaudeJson, &crlf, &whole);
}

#[test]
fn an_error_is_an_error_whatever_else_is_said() {
    let claude = Protocol::ClaudeJson;
    check(
        claude,
        r#"{"type":"result","subtype":"success","is_error":true,"terminal_reason":"api_error","result":"Not logged in"}"#,
        "(none) {} reported: Not logged in",
    );
    check(
        claude,
        r#"{"type":"result","subtype":"error_max_turns","is_error":false,"num_turns":9}"#,
        r#"(none) {"turns":9} reported: `error_max_turns`"#,
    );
    check(
        claude,
        r#"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["no such session"]}"#,
        "(none) {} reported: no such session",
    );
    check(
        claude,
        r#"{"type":"result","is_error":true}"#,
        "(none) {} reported: an error without words",
    );
    let failed = CODEX.replace(
        r#"{"type":"turn.completed","usage":{"input_tokens":7,"cached_input_tokens":2,"output_tokens":3}}"#,
        r#"{"type":"turn.failed","error":{"message":"quota exceeded"}}"#,
    );
    check(
        Protocol::CodexJson,
        &failed,
        r#"Final word {"session_id":"t-1"} reported: quota exceeded"#,
    );
    check(
        Protocol::CodexJson,
        r#"{"type":"error","message":"no network"}"#,
        "(none) {} reported: no network",
    );
    check(
        Protocol::GeminiJson,
        r#"{"type":"result","status":"error","error":{"type":"Fatal","message":"turn limit"}}"#,
        "(none) {} reported: turn limit",
    );
    check(
        Protocol::GeminiJson,
        r#"{"error":{"type":"Auth","message":"no key","code":41}}"#,
        "(none) {} reported: no key",
    );
}

/// Qwen Code tells it as Claude Code does.
#[test]
fn an_envelope_of_qwen_is_read() {
    check(
        Protocol::QwenJson,
        r#"[{"type":"system","subtype":"init","model":"qwen-x"},{"type":"result","subtype":"success","is_error":false,"result":"Done."}]"#,
        r#"Done. {"model":"qwen-x"}"#,
    );
    check(
        Protocol::QwenJson,
        r#"{"type":"result","subtype":"success","is_error":true,"error":{"message":"no quota"},"result":"no quota"}"#,
        "(none) {} reported: no quota",
    );
    check(Protocol::QwenJson, "", "(none) {} unreadable: it is empty");
}

#[test]
fn a_text_is_not_empty() {
    check(Protocol::Text, "Done.\n", "(none) {}");
    check(Protocol::Text, "\n \n x", "(none) {}");
    for empty in ["", "\n", " \t\r\n\n"] {
        check(Protocol::Text, empty, "(none) {} unreadable: it is empty");
    }
}

#[test]
fn what_has_no_end_says_why() {
    let claude = Protocol::ClaudeJson;
    check(claude, "", "(none) {} unreadable: it is empty");
    check(
        claude,
        "Hello there\n",
        "(none) {} unreadable: it holds no event, but text that begins with `Hello there`",
    );
    check(
        claude,
        "{\"type\": oops}\n",
        "(none) {} unreadable: line 1 is no event (expected value at line 1 column 10), and there is no `result`",
    );
    check(
        claude,
        "{\"type\":\"system\",\"model\":\"m\"}\n",
        r#"(none) {"model":"m"} unreadable: it ends after 1 events without `result`"#,
    );
    check(
        claude,
        "{\n  \"type\": \"result\",\n",
        "(none) {} unreadable: it breaks off in the event of line 1, before `result`",
    );
    check(
        claude,
        r#"{"type":"result","is_error":false}"#,
        "(none) {} unreadable: its `result` has no text",
    );
    check(
        Protocol::CodexJson,
        "[[]]\n\u{0}\n",
        "(none) {} unreadable: it holds no event, but text that begins with `\u{0}`",
    );
}

/// Cut anywhere, the stream is whole only when its last event is.
#[test]
fn a_stream_that_is_cut_is_never_taken_for_a_success() {
    let streams = [
        (Protocol::ClaudeJson, CLAUDE),
        (Protocol::CodexJson, CODEX),
        (Protocol::GeminiJson, GEMINI),
        (Protocol::GeminiJson, GEMINI_ENVELOPE),
    ];
    for (protocol, text) in streams {
        let whole = text.trim_end().len();
        for end in 0..=text.len() {
            let answer = answer(protocol, &text.as_bytes()[..end]);
            assert_eq!(
                answer.problem.is_none(),
                end >= whole,
                "{protocol:?} cut at {end}: {}",
                told(&answer)
            );
        }
    }
}

/// Any byte may be wrong: an answer or a reason, never a panic, and never
/// another answer unless the byte stands in it.
#[test]
fn a_stream_with_a_wrong_byte_gives_an_answer_or_a_reason() {
    for (protocol, text) in [
        (Protocol::ClaudeJson, CLAUDE),
        (Protocol::GeminiJson, GEMINI_ENVELOPE),
    ] {
        for at in 0..text.len() {
            for byte in [0, b'\n', b'{', b'"', b'\\', 0xff] {
                let mut bytes = text.as_bytes().to_owned();
                bytes[at] = byte;
                let answer = answer(protocol, &bytes);
                assert!(
                    answer.text.is_some() || answer.problem.is_some(),
                    "{protocol:?} at {at}"
                );
            }
        }
    }
}

#[test]
fn facts_of_the_wrong_kind_are_left_out() {
    let long = "9".repeat(20_000);
    let text = format!(
        r#"{{"type":"result","is_error":false,"result":"ok","session_id":7,"usage":[],"total_cost_usd":"free","num_turns":null,"duration_ms":{{}},"modelUsage":{{"{long}":{{}}}}}}"#
    );
    check(Protocol::ClaudeJson, &text, "ok {}");
    check(
        Protocol::ClaudeJson,
        r#"{"type":"result","is_error":false,"result":"","structured_output":{"a":1}}"#,
        "{\"a\":1} {}",
    );
    check(
        Protocol::ClaudeJson,
        r#"{"type":"result","is_error":false,"result":""}"#,
        " {}",
    );
}
