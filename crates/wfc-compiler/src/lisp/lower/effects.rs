//! Agents and commands.

use std::path::Path;

use indexmap::IndexMap;
use wfc_ir::{
    Contract, ContractField, Exec, Expr as Ir, Guidance, Op, Process, Prompt, PromptAsset,
    PromptBase, PromptInput, RESULT_KEY, RunField, TextPart, Type, VARIANT_KEY, Value, to_text,
};

use super::Lowerer;
use super::project;
use crate::lisp::hir::{Command, Expr, Extern, Provider};
use crate::lisp::types::{Field, Ty, TypeKind};
use crate::project::PromptBinding;

/// While a program is lowered, a prompt is a value of one of two variants: a
/// `FILE` with its `path`, or a `TEXT`; both have the `name` under which the
/// project binds them.
const FILE: &str = "file";
const TEXT: &str = "text";

impl Lowerer<'_> {
    /// What a name of the project stands for.
    pub(super) fn external(&mut self, kind: Extern, name: &str) -> Ir {
        match kind {
            Extern::Provider => {
                let key = self.project.provider(name).map_or(name, |(key, _)| key);
                Ir::lit(key)
            }
            Extern::Prompt => {
                let source = &self.world.modules.all[self.module].path;
                let (tag, field, value) = match self.project.prompt(name) {
                    Some(PromptBinding::Text(text)) => (TEXT, TEXT, text.clone()),
                    _ => {
                        let path = self.project.prompt_path(name, source);
                        let path = path.unwrap_or_default().to_string_lossy().into_owned();
                        (FILE, "path", path)
                    }
                };
                Ir::Variant {
                    tag: tag.to_owned(),
                    fields: IndexMap::from([
                        (field.to_owned(), Ir::lit(value)),
                        ("name".to_owned(), Ir::lit(name)),
                    ]),
                }
            }
        }
    }

    pub(super) fn agent(&mut self, expr: &Expr, each: &Provider, name: Option<&str>) -> Ir {
        let asked = self.asked.take();
        let (provider, prompt) = self.parts(name, |this| {
            let prompt = each.prompt.as_ref();
            (
                this.expr(&each.provider, None),
                prompt.map(|prompt| this.expr(prompt, None)),
            )
        });
        let default_name = match &prompt {
            Some(Ir::Variant { fields, .. }) => match fields.get("name") {
                Some(Ir::Lit { value }) => last_segment(&to_text(value)),
                _ => "prompt".to_owned(),
            },
            _ => match &provider {
                Ir::Lit { value } => last_segment(&to_text(value)),
                _ => "agent".to_owned(),
            },
        };
        let own = name.unwrap_or(&default_name);
        let (inputs, params, path, process) = self.parts(Some(own), |this| {
            let inputs: Vec<PromptInput> = each
                .inputs
                .iter()
                .map(|input| PromptInput {
                    name: input.name.clone(),
                    value: this.expr(&input.value, Some(&input.name)),
                    guidance: input.guidance.clone(),
                })
                .collect();
            let params: Vec<(String, Ir)> = each
                .params
                .iter()
                .map(|(param, value)| (param.clone(), this.expr(value, Some(param))))
                .collect();
            let path = each
                .bundle
                .as_ref()
                .map(|path| this.expr(path, Some("bundle")));
            (inputs, params, path, this.with_policy(&each.policy))
        });
        let params = params
            .into_iter()
            .map(|(param, value)| (self.param_name(&provider, param), value))
            .collect();
        self.use_provider(&provider);
        let exec = Exec::Provider {
            provider,
            params,
            prompt: Prompt {
                base: match (prompt, each.prompt.as_ref().map(|prompt| &prompt.ty)) {
                    (None, _) => PromptBase::Empty,
                    (Some(text), Some(Ty::String)) => PromptBase::Text { text },
                    (Some(prompt), _) => prompt_base(prompt),
                },
                assets: each.assets.iter().map(|name| self.asset(name)).collect(),
                inputs,
                position: each.position,
                contract: each.tells_contract,
            },
        };
        let path = match asked {
            None => path,
            Some((var, ty)) => {
                let path = path.unwrap_or_else(|| self.answer_path(own, &ty));
                self.reach.bundles.insert(var, path.clone());
                Some(path)
            }
        };
        let process = Process { exec, ..process };
        self.process(expr, own, process, each.answers.then_some(path))
    }

    /// A file that stands in a prompt, from the folder of the module.
    fn asset(&self, name: &str) -> PromptAsset {
        let source = &self.world.modules.all[self.module].path;
        let path = match crate::join_relative(source, name) {
            Some(path) => path,
            None => source.parent().unwrap_or(Path::new("")).join(name),
        };
        PromptAsset {
            name: name.to_owned(),
            path: path.to_string_lossy().into_owned(),
        }
    }

    /// A place for the answer of the step called `name`, in the folder that
    /// the type of its path asks for. Another run, and another iteration, has
    /// another one.
    fn answer_path(&self, name: &str, ty: &Ty) -> Ir {
        let under = match self.world.types.lower(ty) {
            Type::Path {
                under: Some(under), ..
            } => under,
            _ => "state".to_owned(),
        };
        let ident = self.taken.free(&self.scope, name);
        let step = ident.id.to_string().replace('/', ".");
        let hole = |name: &str, value: Ir| TextPart::Hole {
            name: name.to_owned(),
            value,
        };
        let mut parts = vec![
            TextPart::Text(format!("{under}/answers/")),
            hole(
                "run.id",
                Ir::Run {
                    field: RunField::Id,
                },
            ),
            TextPart::Text(format!("/{step}")),
        ];
        for step in self.scope.rounds() {
            parts.push(TextPart::Text("-".to_owned()));
            let step = step.clone();
            parts.push(hole("loop.index", Ir::LoopIndex { step }));
        }
        parts.push(TextPart::Text(".json".to_owned()));
        Ir::Text { parts }
    }

    /// Templates call the effort as their command does.
    fn param_name(&self, provider: &Ir, param: String) -> String {
        const REASONING: &str = "reasoning_effort";
        let template = match provider {
            Ir::Lit { value } => self.project.provider(&to_text(value)),
            _ => None,
        };
        let takes = template.is_some_and(|(_, template)| {
            let hole = format!("${{{REASONING}}}");
            template.command.iter().any(|arg| arg.contains(&hole))
        });
        if takes && param == "effort" {
            REASONING.to_owned()
        } else {
            param
        }
    }

    /// Gives the workflow the templates that the step may need.
    fn use_provider(&mut self, provider: &Ir) {
        match provider {
            Ir::Lit { value } => {
                if let Some((key, template)) = self.project.provider(&to_text(value)) {
                    self.providers
                        .entry(key.to_owned())
                        .or_insert_with(|| template.clone());
                }
            }
            // It is chosen when the step runs.
            _ => {
                for (key, template) in self.project.providers() {
                    self.providers
                        .entry(key.clone())
                        .or_insert_with(|| template.clone());
                }
            }
        }
    }

    pub(super) fn command(&mut self, expr: &Expr, each: &Command, name: Option<&str>) -> Ir {
        let default_name = last_segment(&each.name);
        let own = name.unwrap_or(&default_name);
        let (argv, path, process) = self.parts(Some(own), |this| {
            let argv: Vec<Ir> = each.argv.iter().map(|arg| this.word(arg)).collect();
            let path = each
                .bundle
                .as_ref()
                .map(|path| this.expr(path, Some("bundle")));
            (argv, path, this.with_policy(&each.policy))
        });
        let exec = Exec::Command { argv, split: false };
        let process = Process { exec, ..process };
        self.process(expr, own, process, each.answers.then_some(path))
    }

    /// A process; `answer` is there when it writes a result, and says where.
    fn process(
        &mut self,
        expr: &Expr,
        name: &str,
        process: Process,
        answer: Option<Option<Ir>>,
    ) -> Ir {
        let files = process.contract.clone();
        let contract = files.or_else(|| Some(self.contract(&expr.ty, answer?)));
        let nothing = Type::record(Vec::new());
        let result = contract.as_ref().map_or(nothing, Contract::result_type);
        let ident = self.taken.free(&self.scope, name);
        let value = match contract {
            Some(_) => self.value_of(&ident, &expr.ty),
            None => Ir::lit(Value::Null),
        };
        let op = Op::Process(Box::new(Process {
            contract,
            ..process
        }));
        self.emit(ident, op, result, false, expr.span);
        value
    }

    /// What a process must write to give a value of type `ty`.
    fn contract(&self, ty: &Ty, path: Option<Ir>) -> Contract {
        if let Ty::Named(id) = ty {
            match &self.world.types.def(*id).kind {
                TypeKind::Record(fields) => {
                    return Contract::Bundle {
                        path,
                        fields: self.contract_fields(fields),
                    };
                }
                TypeKind::Union(variants) => {
                    let tags = variants.iter().map(|v| v.name.text.clone());
                    return Contract::Variant {
                        path,
                        discriminant: ContractField {
                            name: VARIANT_KEY.to_owned(),
                            pointer: format!("/{VARIANT_KEY}"),
                            ty: Type::Enum {
                                allowed: tags.collect(),
                            },
                            required: true,
                            guidance: Guidance::default(),
                        },
                        shared: Vec::new(),
                        variants: variants
                            .iter()
                            .map(|v| (v.name.text.clone(), self.contract_fields(&v.fields)))
                            .collect(),
                        forbidden: IndexMap::new(),
                    };
                }
                _ => {}
            }
        }
        Contract::Bundle {
            path,
            fields: vec![ContractField {
                name: RESULT_KEY.to_owned(),
                pointer: String::new(),
                ty: self.world.types.lower(ty),
                required: true,
                guidance: Guidance::default(),
            }],
        }
    }

    fn contract_fields(&self, fields: &[Field]) -> Vec<ContractField> {
        fields
            .iter()
            .map(|field| ContractField {
                name: field.name.text.clone(),
                pointer: field.words.pointer.clone().unwrap_or_else(|| {
                    format!("/{}", field.name.text.replace('~', "~0").replace('/', "~1"))
                }),
                ty: match (self.world.types.lower(&field.ty), field.words.required) {
                    // That it may be missing is said beside the type.
                    (Type::Optional { item }, false) => *item,
                    (ty, _) => ty,
                },
                required: field.words.required,
                guidance: field.words.guidance.clone(),
            })
            .collect()
    }
}

/// `prompts.draft-design` to `draft-design`.
fn last_segment(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

/// The text that a prompt starts from.
fn prompt_base(prompt: Ir) -> PromptBase {
    match prompt {
        Ir::Variant { tag, fields } if tag == TEXT => PromptBase::Text {
            text: fields.get(TEXT).cloned().unwrap_or(Ir::lit(Value::Null)),
        },
        prompt => PromptBase::File {
            path: prompt_path(prompt),
        },
    }
}

/// The path of the file of a prompt.
pub(super) fn prompt_path(prompt: Ir) -> Ir {
    prompt.map(&mut |each| match each {
        each @ Ir::Variant { .. } => project(each, "path"),
        other => other,
    })
}

/// May the prompt be a text, which has no path?
pub(super) fn holds_text(prompt: &Ir) -> bool {
    let mut found = false;
    prompt.walk(&mut |each| {
        found |= matches!(each, Ir::Variant { tag, .. } if tag == TEXT);
    });
    found
}
