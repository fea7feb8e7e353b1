//! Asking programs about themselves: what they print when they are started
//! with a flag such as `--version`.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::family::Family;
use super::process::spawn;

/// How much of an answer is kept, in bytes.
const KEPT: usize = 256 * 1024;

/// A program and what it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It answered: its standard output, or else its standard error.
    Text(String),
    /// It ended with another exit code than 0, or could not be started; why,
    /// in words.
    Failed(String),
    /// It did not end in time, and was stopped with all that it had started.
    TimedOut,
}

/// Asks all questions at once, each bounded by `limit`. The answers stand in
/// the order of the questions. Programs get no input; colours and updates are
/// turned off as far as they heed the usual variables.
///
/// # Errors
/// When the runtime cannot be set up.
pub fn ask(questions: &[Question], limit: Duration) -> std::io::Result<Vec<Said>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut asked = tokio::task::JoinSet::new();
        for (index, question) in questions.iter().cloned().enumerate() {
            asked.spawn(async move { (index, one(&question, limit).await) });
        }
        let mut answers = vec![Said::Failed("it was not asked".to_owned()); questions.len()];
        while let Some(done) = asked.join_next().await {
            if let Ok((index, said)) = done
                && let Some(answer) = answers.get_mut(index)
            {
                *answer = said;
            }
        }
        Ok(answers)
    })
}

async fn one(question: &Question, limit: Duration) -> Said {
    let mut command = Command::new(&question.program);
    command
        .args(&question.args)
        .env("NO_COLOR", "1")
        .env("DISABLE_AUTOUPDATER", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = match spawn(&mut command).await {
        Ok(child) => child,
        Err(error) => return Said::Failed(format!("cannot be started: {error}")),
    };
    let (out, err) = (child.stdout.take(), child.stderr.take());
    // Dropped at the end of this function, it takes all that was started along.
    let _family = Family::of(&child);
    let work = async {
        let (status, out, err) = tokio::join!(child.wait(), keep(out), keep(err));
        match status {
            Ok(status) if status.success() && !out.trim().is_empty() => Said::Text(out),
            Ok(status) if status.success() => Said::Text(err),
            Ok(status) => Said::Failed(format!("ended with {status}")),
            Err(error) => Said::Failed(format!("was lost: {error}")),
        }
    };
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or(Said::TimedOut)
}

/// The beginning of what a program writes. The rest is read and forgotten, so
/// that it can go on to its end.
async fn keep(from: Option<impl AsyncRead + Unpin>) -> String {
    let mut kept = Vec::new();
    if let Some(mut from) = from {
        let mut buffer = [0; 8192];
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            let room = KEPT.saturating_sub(kept.len());
            kept.extend_from_slice(&buffer[..read.min(room)]);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(script: &str, limit: Duration, expected: &Said) {
        let question = Question {
            program: PathBuf::from("/bin/sh"),
            args: vec!["-c".to_owned(), script.to_owned()],
        };
        let said = ask(&[question], limit).unwrap();
        assert_eq!(said.as_slice(), std::slice::from_ref(expected));
    }

    #[test]
    fn programs_answer_fail_or_are_stopped() {
        let long = Duration::from_secs(60);
        check("echo 1.2.3", long, &Said::Text("1.2.3\n".to_owned()));
        check("echo 1.2.3 >&2", long, &Said::Text("1.2.3\n".to_owned()));
        check(
            "exit 3",
            long,
            &Said::Failed("ended with exit status: 3".to_owned()),
        );
        check(
            "read line; echo \"got $line\"",
            long,
            &Said::Text("got \n".to_owned()),
        );
        let began = std::time::Instant::now();
        // Something that it left behind holds the pipe.
        check(
            "sleep 100 & sleep 100",
            Duration::from_millis(200),
            &Said::TimedOut,
        );
        check("yes", Duration::from_millis(200), &Said::TimedOut);
        assert!(began.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn answers_keep_the_order_of_the_questions() {
        let ask_for = |word: &str, pause: &str| Question {
            program: PathBuf::from("/bin/sh"),
            args: vec!["-c".to_owned(), format!("sleep {pause}; echo {word}")],
        };
        let missing = Question {
            program: PathBuf::from("/no/such/program"),
            args: Vec::new(),
        };
        let said = ask(
            &[ask_for("a", "0.3"), missing, ask_for("b", "0")],
            Duration::from_secs(60),
        );
        let said = said.unwrap();
        assert_eq!(said[0], Said::Text("a\n".to_owned()));
        assert!(matches!(said[1], Said::Failed(_)), "{said:?}");
        assert_eq!(said[2], Said::Text("b\n".to_owned()));
    }
}
