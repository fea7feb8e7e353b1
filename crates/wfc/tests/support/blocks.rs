//! The fenced blocks of a Markdown page.

#![allow(dead_code, unreachable_pub)]

/// A fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// 1-based line of its opening fence.
    pub line: usize,
    /// The words after the opening fence.
    pub info: Vec<String>,
    /// What stands between the fences, with its line feeds.
    pub text: String,
}

impl Block {
    /// The `n`th word after the fence, or nothing.
    pub fn word(&self, n: usize) -> &str {
        self.info.get(n).map_or("", String::as_str)
    }
}

/// The blocks of a page, in order. A fence ends with a line of at least as
/// many backticks as it began with.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    for (index, line) in page.lines().enumerate() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        let info = &line[ticks..];
        match &mut open {
            None if ticks >= 3 => {
                let block = Block {
                    line: index + 1,
                    info: info.split_whitespace().map(str::to_owned).collect(),
                    text: String::new(),
                };
                open = Some((ticks, block));
            }
            Some((opened, _)) if ticks >= *opened && info.trim().is_empty() => {
                found.extend(open.take().map(|(_, block)| block));
            }
            Some((_, block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    found
}
