//! The arguments of `wfc clean`.

use std::time::Duration;

use clap::Args;

use super::{ResultFormat, RootArgs};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc clean --older-than 7d --dry-run        what would be removed, and how much it is
  wfc clean --older-than 7d --keep 10        completed runs, but not the newest ten of all
  wfc clean --keep 50 --unfinished --yes     also those that a resume could go on with
  wfc clean abc123                           one run

A run that a process is at is never removed. Runs that failed or were stopped are only with
--unfinished. On a terminal it asks first; anywhere else it wants --yes.

Exit code 0; 1 when something could not be removed; 2 when nobody has agreed.";

/// `wfc clean`
#[derive(Debug, Args)]
pub(crate) struct CleanArgs {
    /// These runs and no others
    #[arg(value_name = "RUN")]
    pub(crate) runs: Vec<String>,
    /// Runs to which nothing has happened for so long, such as 12h, 7d or 2w
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) older_than: Option<Duration>,
    /// Never the newest N runs
    #[arg(
        long,
        value_name = "N",
        env = "ORCHESTRATE_KEEP_RUNS",
        hide_env_values = true
    )]
    pub(crate) keep: Option<usize>,
    /// Also runs that failed, were stopped or interrupted, or cannot be read
    #[arg(long)]
    pub(crate) unfinished: bool,
    /// Remove nothing, tell what would be
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// How it is written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: ResultFormat,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}

/// `90s`, `15m`, `12h`, `7d` or `2w`.
fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is a number and s, m, h, d or w, such as 7d".to_owned();
    let (number, unit) =
        text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(seconds).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let seconds = |text| time(text).ok().map(|time| time.as_secs());
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("15m"), Some(900));
        assert_eq!(seconds("12h"), Some(43_200));
        assert_eq!(seconds("7d"), Some(604_800));
        assert_eq!(seconds("2w"), Some(1_209_600));
        for wrong in [
            "",
            "7",
            "d",
            "-1d",
            "1.5d",
            "7 d",
            "7é",
            "99999999999999999w",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
