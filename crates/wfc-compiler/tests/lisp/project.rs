//! The project file and the manifests.

use std::path::Path;

use wfc_compiler::project::{Discovered, ManifestFiles, Project};

use crate::harness::{Memory, shown};

fn discover(files: &[(&str, &str)], start: &str) -> (Discovered, Memory) {
    let mut memory = Memory::default();
    for (path, text) in files {
        memory.files.insert(path.into(), (*text).to_owned());
    }
    let found = Project::discover(&memory, Path::new(start));
    (found, memory)
}

fn listing(found: &Discovered) -> String {
    shown(&found.sources, &found.diagnostics)
}

#[test]
fn the_nearest_project_file_counts() {
    let files = [
        ("wfc.toml", "[commands]\nouter = [\"a\"]\n"),
        (
            "lib/wfc.toml",
            "[project]\nsource-roots = [\".\", \"../shared\"]\n[commands]\ninner = [\"b\"]\n",
        ),
    ];
    let (found, _) = discover(&files, "lib/deep/er");
    assert_eq!(listing(&found), "");
    assert_eq!(found.project.file(), Some("lib/wfc.toml"));
    assert_eq!(found.project.command("inner").unwrap().words, ["b"]);
    let roots: Vec<_> = found
        .project
        .source_roots()
        .iter()
        .map(|p| p.to_string_lossy())
        .collect();
    assert_eq!(roots, ["lib", "shared"]);
    let (found, _) = discover(&files, "");
    assert!(found.project.command("outer").is_some());
}

#[test]
fn every_mistake_of_a_project_file_is_found() {
    let text = r#"[project]
source-root = ["."]
[providers.a]
use = "codx"
[providers.b]
command = ["x", "${PROMPT}"]
input = "stdin"
[providers.c]
inputs = "stdin"
[prompts]
p = { asset = "missing.md" }
q = 3
[commands]
c = []
[entries.e]
workflow = "go"
"#;
    let (found, _) = discover(&[("wfc.toml", text)], "");
    let listing = listing(&found);
    for wanted in [
        "wfc.toml:2:1 E0801 `project` has no key `source-root`",
        "did you mean `source-roots`?",
        "wfc.toml:4:7 E0801 there is no built-in provider `codx`",
        "wfc.toml:5:12 E0801 the provider `b` cannot work",
        "wfc.toml:8:12 E0801 the provider `c` says neither what to run",
        "wfc.toml:9:1 E0801 the provider `c` has no key `inputs`",
        "wfc.toml:11:15 E0702 there is no file `missing.md`",
        "wfc.toml:12:5 E0801 the prompt `q` must be a path or a table",
        "wfc.toml:14:1 E0801 the command `c` has no program to start",
        "wfc.toml:15:10 E0801 the entry `e` has no `file`",
    ] {
        assert!(listing.contains(wanted), "{wanted}\nnot in\n{listing}");
    }
    assert_eq!(found.diagnostics.len(), 9, "{listing}");
}

#[test]
fn manifests_bind_as_the_project_file_does() {
    let (mut found, memory) = discover(
        &[
            (
                "p.json",
                "{\"providers.writer\": \"codex\", \"providers.x\": \"nobody\"}",
            ),
            (
                "q.json",
                "{\"prompts.a\": \"a.md\", \"prompts.b\": {\"input_file\": \"b.md\"}, \"prompts.c\": 3}",
            ),
            (
                "c.json",
                "{\"run\": {\"kind\": \"external_tool\", \"stable_command\": [\"python\", \"x.py\"]}, \"bad\": {},
                 \"adapt\": {\"kind\": \"certified_adapter\", \"stable_command\": [\"a\"], \"input_signature\": [
                   {\"name\": \"a\", \"type_name\": \"Int\", \"required\": true},
                   {\"name\": \"b\", \"type_name\": \"String\", \"required\": false, \"transport_key\": \"bee\"}]},
                 \"plain\": {\"kind\": \"certified_adapter\", \"stable_command\": [\"a\"]},
                 \"blind\": {\"kind\": \"certified_adapter\", \"stable_command\": [\"a\"], \"input_signature\": 1}}",
            ),
        ],
        "",
    );
    let files = ManifestFiles {
        providers: Some("p.json".into()),
        prompts: Some("q.json".into()),
        commands: Some("c.json".into()),
        ..ManifestFiles::default()
    };
    Project::with_manifests(&mut found, &files, &memory);
    let project = &found.project;
    assert_eq!(
        project.provider("providers.writer").unwrap().0,
        "providers.writer"
    );
    assert_eq!(project.command("run").unwrap().words, ["python", "x.py"]);
    let adapter = project.command("adapt").unwrap();
    let inputs = adapter.inputs.as_deref().unwrap_or_default();
    let shown: Vec<_> = inputs
        .iter()
        .map(|each| {
            format!(
                "{} {} {} {}",
                each.name, each.type_name, each.required, each.key
            )
        })
        .collect();
    assert_eq!(shown, ["a Int true a", "b String false bee"]);
    assert_eq!(project.command("plain").unwrap().inputs, None);
    let path = project.prompt_path("prompts.a", Path::new("lib/m.orc"));
    assert_eq!(path.unwrap(), Path::new("lib/a.md"));
    let path = project.prompt_path("prompts.b", Path::new("lib/m.orc"));
    assert_eq!(path.unwrap(), Path::new("b.md"));
    let listing = listing(&found);
    for wanted in [
        "p.json:1:31 E0801 `providers.x` is bound to the unknown provider `nobody`",
        "q.json:1:60 E0801 the prompt `prompts.c`",
        "E0801 the command `bad`",
        "E0801 the command `blind`",
    ] {
        assert!(listing.contains(wanted), "{wanted}\nnot in\n{listing}");
    }
    assert_eq!(found.diagnostics.len(), 4, "{listing}");
}

#[test]
fn a_prompt_of_a_manifest_is_beside_a_module_or_in_the_workspace() {
    let manifest = r#"{"prompts.a": "p/a.md", "prompts.b": "p/b.md", "prompts.c": "p/c.md"}"#;
    let (mut found, memory) = discover(
        &[
            ("q.json", manifest),
            ("lib/p/a.md", ""),
            ("p/a.md", ""),
            ("p/b.md", ""),
        ],
        "",
    );
    let files = ManifestFiles {
        prompts: Some("q.json".into()),
        ..ManifestFiles::default()
    };
    Project::with_manifests(&mut found, &files, &memory);
    let module = Path::new("lib/m.orc");
    let settled = found.project.settled(&[module], &memory);
    let places = ["prompts.a", "prompts.b", "prompts.c"]
        .map(|name| settled.prompt_path(name, module).unwrap());
    assert_eq!(
        places,
        ["lib/p/a.md", "p/b.md", "lib/p/c.md"].map(Path::new)
    );
}
