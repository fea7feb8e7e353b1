//! The tree to lines.

use super::concrete::{Item, ItemKind};
use super::style::{self, Behind, Style};

/// How long lines should be at most.
const WIDTH: usize = 80;

/// Up to which width of a name the arguments of a call stand below the first.
const SHORT_HEAD: usize = 14;

/// What a list is for the list around it.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// A form or call, if it begins with a name.
    Form,
    /// Data: parameters, effects.
    Data,
    /// Data of which several share a line: names, values.
    Words,
    /// The bindings of `let*`.
    Bindings,
    /// A name and its value.
    Binding,
    /// A pattern or condition, and what follows from it.
    Arm,
}

/// Writes a file.
pub(super) fn write(items: &[Item]) -> String {
    let mut writer = Writer {
        out: String::new(),
        column: 0,
    };
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            writer.line(0, item.blank);
        }
        writer.item(item, Role::Form, 0);
    }
    if !items.is_empty() {
        writer.line(0, false);
    }
    writer.out
}

struct Writer {
    out: String,
    /// The column of the next character.
    column: usize,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rfind('\n') {
            Some(end) => self.column = text[end + 1..].chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    fn line(&mut self, indent: usize, blank: bool) {
        if blank {
            self.out.push('\n');
        }
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    /// Writes an item at the current column. `tail` characters follow on its
    /// last line.
    fn item(&mut self, item: &Item, role: Role, tail: usize) {
        let fits = item
            .flat
            .is_some_and(|width| self.column + width + tail <= WIDTH);
        self.push(&item.prefix);
        match &item.kind {
            ItemKind::Atom(text) | ItemKind::Comment(text) => self.push(text),
            ItemKind::List(members) if fits => self.flat(members),
            ItemKind::List(members) => self.broken(item, members, role, tail),
        }
        self.push(&item.suffix);
        if let Some(comment) = &item.trailing {
            self.push(comment);
        }
    }

    /// Writes a list on one line.
    fn flat(&mut self, members: &[Item]) {
        self.push("(");
        for (at, member) in members.iter().enumerate() {
            if at > 0 {
                self.push(" ");
            }
            self.push(&member.prefix);
            match &member.kind {
                ItemKind::List(inner) => self.flat(inner),
                ItemKind::Atom(text) | ItemKind::Comment(text) => self.push(text),
            }
            self.push(&member.suffix);
        }
        self.push(")");
    }

    /// Writes a list on several lines.
    fn broken(&mut self, item: &Item, members: &[Item], role: Role, tail: usize) {
        let start = self.column;
        self.push("(");
        if members.first().is_some_and(|m| m.is_comment() && m.newline) {
            // Beside the parenthesis it would document nothing.
            self.line(start + 1, false);
        }
        let head = members.first().and_then(Item::atom);
        let head = head.filter(|text| !text.starts_with(['"', '#']));
        let last_indent = match (role, head) {
            (Role::Arm, _) => self.rows(members, start, Role::Form, tail),
            (Role::Binding, _) if is_binding(members) => self.binding(members, start, tail),
            (Role::Bindings, _) => self.rows(members, start, Role::Binding, tail),
            (Role::Data, _) | (_, None) if members.iter().all(|m| m.members().is_empty()) => {
                self.fill(members, start, tail)
            }
            (Role::Words, _) if members.iter().all(|m| m.flat.is_some()) => {
                self.fill(members, start, tail)
            }
            (Role::Data | Role::Words, _) | (_, None) => {
                self.rows(members, start, Role::Form, tail)
            }
            (_, Some(head)) => self.form(item, head, members, start, tail),
        };
        if members.last().is_some_and(Item::ends_line) {
            self.line(last_indent, false);
        }
        self.push(")");
    }

    /// Members below each other, one column in from the parenthesis.
    fn rows(&mut self, members: &[Item], start: usize, role: Role, tail: usize) -> usize {
        let count = self.unit(members, role, tail);
        self.lines(&members[count..], start + 1, role, tail);
        start + 1
    }

    /// Members beside each other, one column in from the parenthesis.
    fn fill(&mut self, members: &[Item], start: usize, tail: usize) -> usize {
        if let Some(first) = members.first() {
            self.item(first, Role::Form, closing(members, 1, tail));
            self.words(members, 1, start + 1, tail);
        }
        start + 1
    }

    /// `(name value)`: the value beside the name, unless it fits only below it,
    /// or its author put it there.
    fn binding(&mut self, members: &[Item], start: usize, tail: usize) -> usize {
        let [name, value] = members else {
            return start + 1;
        };
        self.item(name, Role::Form, 0);
        let fits = |column: usize| {
            let width = value.flat.map(|width| column + width + tail + 1);
            width.is_some_and(|width| width <= WIDTH)
        };
        let apart = value.newline && !value.members().is_empty();
        if (apart || fits(start + 2)) && !fits(self.column + 1) {
            self.line(start + 2, false);
        } else {
            self.push(" ");
        }
        self.item(value, Role::Form, tail + 1);
        start + 1
    }

    /// Writes the members of a form; returns how far in its last lines are.
    fn form(
        &mut self,
        item: &Item,
        head: &str,
        members: &[Item],
        start: usize,
        tail: usize,
    ) -> usize {
        self.item(&members[0], Role::Form, closing(members, 1, tail));
        let role = match style::has_arms(head) {
            true => Role::Arm,
            false => Role::Form,
        };
        let lead_role = match head {
            "let*" | "let" => Role::Bindings,
            _ if style::has_params(head) => Role::Data,
            _ => Role::Form,
        };
        match style::of(head) {
            Style::Body(lead, indent) => {
                // What `if` decides between stands below its condition.
                self.body(members, lead, (lead_role, role), start + indent, tail)
            }
            Style::Callable => self.callable(members, start, tail),
            Style::Words(indent) => {
                let named = 1 + self.lead(members, 1, Role::Form, tail);
                self.words(members, named, start + indent, tail);
                start + indent
            }
            Style::Call => self.call(item, members, start, tail),
        }
    }

    /// `lead` members behind the name, then pairs if there is room for all of
    /// them and something follows, and the rest in lines of their own.
    fn body(
        &mut self,
        members: &[Item],
        lead: usize,
        roles: (Role, Role),
        indent: usize,
        tail: usize,
    ) -> usize {
        let mut at = 1 + self.lead(members, lead, roles.0, tail);
        let pairs = pairs(&members[at..]);
        let follows = members
            .get(at + pairs)
            .is_some_and(|next| !next.is_comment());
        let on_line = at == 1 + lead && !members[at - 1].ends_line();
        if pairs > 0 && follows && on_line && self.fits(&members[at..at + pairs], 0) {
            self.all_flat(&members[at..at + pairs]);
            at += pairs;
        }
        self.lines(&members[at..], indent, roles.1, tail);
        indent
    }

    /// Writes up to `count` members behind the name; returns how many.
    fn lead(&mut self, members: &[Item], count: usize, role: Role, tail: usize) -> usize {
        let mut done = 0;
        while done < count
            && !members[done].ends_line()
            && members.get(done + 1).is_some_and(|next| !next.is_comment())
        {
            self.push(" ");
            done += 1;
            self.item(&members[done], role, closing(members, done + 1, tail));
        }
        done
    }

    /// Would these fit behind what is written?
    fn fits(&self, members: &[Item], tail: usize) -> bool {
        let mut width = self.column + tail;
        for (at, member) in members.iter().enumerate() {
            match member.flat {
                Some(flat) if at + 1 == members.len() || !member.ends_line() => width += 1 + flat,
                _ => return false,
            }
        }
        width <= WIDTH
    }

    fn all_flat(&mut self, members: &[Item]) {
        for member in members {
            self.push(" ");
            self.item(member, Role::Form, 0);
        }
    }

    /// `(defproc name params -> Type` on one line or on one each, then the
    /// rest.
    fn callable(&mut self, members: &[Item], start: usize, tail: usize) -> usize {
        let arrow = members.iter().position(|m| m.atom() == Some("->"));
        let end = arrow.map_or(3, |arrow| arrow + 2).min(members.len());
        let signature = &members[1..end];
        if !members[0].ends_line() && self.fits(signature, closing(members, end, tail)) {
            self.all_flat(signature);
            self.lines(&members[end..], start + 2, Role::Form, tail);
            return start + 2;
        }
        let named = 1 + self.lead(members, 1, Role::Form, tail);
        let whole = end == members.len();
        let rest = &members[named.min(end)..end];
        self.lines(rest, start + 2, Role::Data, if whole { tail } else { 0 });
        self.lines(&members[end..], start + 2, Role::Form, tail);
        start + 2
    }

    fn call(&mut self, item: &Item, members: &[Item], start: usize, tail: usize) -> usize {
        let both = (Role::Form, Role::Form);
        let args = &members[1..];
        if let Some(plain) = args.iter().position(Item::is_keyword) {
            let lead = match self.fits(&args[..plain], 0) {
                true => plain,
                false => 0,
            };
            return self.body(members, lead, both, start + 2, tail);
        }
        // A form of a macro: its author has said where the body begins.
        let open = item.column + item.prefix.chars().count();
        let words = args.len() > 1 && args.iter().all(|arg| arg.members().is_empty());
        let first = args.iter().position(|arg| arg.newline);
        let first = first.filter(|first| args[*first].column == open + 2);
        if words && first == Some(0) && !args[0].is_comment() {
            self.line(start + 2, false);
            self.item(&args[0], Role::Form, 0);
            self.words(members, 2, start + 2, tail);
            return start + 2;
        }
        if let Some(first) = first {
            let lead = match self.fits(&args[..first], 0) {
                true => first,
                false => 0,
            };
            return self.body(members, lead, both, start + 2, tail);
        }
        let below = self.column + 1;
        if words {
            self.words(members, 1, below, tail);
            return below;
        }
        if below - start > SHORT_HEAD + 2 || args.first().is_none_or(Item::is_comment) {
            return self.body(members, 0, both, start + 2, tail);
        }
        self.body(members, 1, both, below, tail)
    }

    /// As many of the members from `from` on in a line as there is room for;
    /// one, if their author gave each its line.
    fn words(&mut self, members: &[Item], from: usize, indent: usize, tail: usize) {
        let mut must = members[..from].last().is_some_and(Item::ends_line);
        let members = &members[from..];
        let each = members.len() > 1 && members.iter().all(|member| member.newline);
        for (at, member) in members.iter().enumerate() {
            let width = member.flat.unwrap_or(WIDTH) + closing(members, at + 1, tail);
            let first = at == 0 && self.column <= indent;
            if each || must || member.is_comment() || (self.column + 1 + width > WIDTH && !first) {
                self.line(
                    indent,
                    member.blank && (each || must || member.is_comment()),
                );
            } else {
                self.push(" ");
            }
            self.item(member, Role::Form, closing(members, at + 1, tail));
            must = member.ends_line();
        }
    }

    /// Each member, or keyword and value, in a line of its own.
    fn lines(&mut self, members: &[Item], indent: usize, role: Role, tail: usize) {
        let mut at = 0;
        while at < members.len() {
            self.line(indent, members[at].blank);
            at += self.unit(&members[at..], role, tail);
        }
    }

    /// Writes the first member, and what belongs to it; returns how many they
    /// are.
    fn unit(&mut self, members: &[Item], role: Role, tail: usize) -> usize {
        let Some(first) = members.first() else {
            return 0;
        };
        if !is_pair(members) {
            self.item(first, role, closing(members, 1, tail));
            return 1;
        }
        let (indent, value) = (self.column, &members[1]);
        self.item(first, Role::Form, 0);
        let tail = closing(members, 2, tail);
        let beside = value
            .flat
            .is_some_and(|width| self.column + 1 + width + tail <= WIDTH);
        let role = match style::behind(first.atom().unwrap_or_default()) {
            Behind::Form => Role::Form,
            Behind::Rows => Role::Data,
            Behind::Words => Role::Words,
        };
        let apart = role == Role::Form && value.newline && !value.members().is_empty();
        if apart && !beside {
            self.line(indent + 2, false);
        } else {
            self.push(" ");
        }
        self.item(value, role, tail);
        2
    }
}

/// How much follows the first `count` members on their line.
fn closing(members: &[Item], count: usize, tail: usize) -> usize {
    if members.len() <= count { tail + 1 } else { 0 }
}

/// Do these begin with a keyword and its value, or `->` and a type?
fn is_pair(members: &[Item]) -> bool {
    match members {
        [key, value, ..] => {
            (key.is_keyword() || key.atom() == Some("->"))
                && !key.ends_line()
                && !value.is_keyword()
                && !value.is_comment()
        }
        _ => false,
    }
}

/// How many members the pairs at the beginning are.
fn pairs(members: &[Item]) -> usize {
    let mut count = 0;
    while is_pair(&members[count..]) && !members[count + 1].ends_line() {
        count += 2;
    }
    count
}

fn is_binding(members: &[Item]) -> bool {
    matches!(members, [name, value] if !name.ends_line() && !value.is_comment())
}
