//! Resources and their transitions.

use wfc_diag::Diagnostic;

use super::{Item, Missing, Space, World};
use crate::lisp::defs::{Name, ResourceDef, TransitionDef, TypeRef};
use crate::lisp::hir::{Callable, CallableId, Expr, Param};
use crate::lisp::messages;
use crate::lisp::modules::ModuleId;
use crate::lisp::types::{Ty, TypeId};

/// Something that has a state.
pub(in crate::lisp) struct Resource {
    pub(in crate::lisp) name: Name,
    pub(in crate::lisp) module: ModuleId,
    written: TypeRef,
    /// The record of its state; nothing when that was reported.
    pub(in crate::lisp) state: Option<TypeId>,
    pub(in crate::lisp) bridge: Option<Name>,
}

/// A change of a state, which is a procedure of the request.
pub(in crate::lisp) struct Transition<'a> {
    pub(in crate::lisp) def: TransitionDef<'a>,
    pub(in crate::lisp) module: ModuleId,
    pub(in crate::lisp) resource: Option<usize>,
    pub(in crate::lisp) callable: CallableId,
}

/// The places of the parameters of that procedure.
pub(in crate::lisp) const REQUEST: usize = 0;
/// The file of the state, or the version that is expected of it.
pub(in crate::lisp) const WHERE: usize = 1;

impl<'a> World<'a> {
    pub(super) fn declare_resource(
        &mut self,
        module: ModuleId,
        def: ResourceDef,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let item = Item::Resource(self.resources.len());
        let same = |_: &Self, other| matches!(other, Item::Resource(_));
        self.declare(module, &def.name, item, same, diagnostics);
        self.resources.push(Resource {
            name: def.name,
            module,
            written: def.state,
            state: None,
            bridge: def.bridge,
        });
    }

    pub(super) fn declare_transition(
        &mut self,
        module: ModuleId,
        def: TransitionDef<'a>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let item = Item::Transition(self.transitions.len());
        let same = |_: &Self, other| matches!(other, Item::Transition(_));
        self.declare(module, &def.name, item, same, diagnostics);
        self.transitions.push(Transition {
            def,
            module,
            resource: None,
            callable: 0,
        });
    }

    /// Resolves the types of resources and transitions, and makes a procedure
    /// of each transition.
    pub(super) fn resolve_resources(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        for id in 0..self.resources.len() {
            let written = self.resources[id].written.clone();
            let at = self.resources[id].name.span;
            self.resources[id].state = self.record_of(&written, at, diagnostics);
        }
        for id in 0..self.transitions.len() {
            let def = &self.transitions[id].def;
            let (name, resource) = (def.name.clone(), def.resource.clone());
            let (request, result) = (def.request.clone(), def.result.clone());
            let module = self.transitions[id].module;
            let found = self.resource_named(&resource, diagnostics);
            let request = self.record_of(&request, name.span, diagnostics);
            let ret_span = result.as_ref().map_or(name.span, |ty| ty.span);
            let result = self.resolve(&result, diagnostics);
            let is_bridged = found.is_some_and(|id| self.resources[id].bridge.is_some());
            let request = request.map_or(Ty::Error, Ty::Named);
            let place = match is_bridged {
                true => ("path", Ty::AnyPath { under: None }, None),
                false => {
                    let version = Ty::Optional(Ty::Int.into());
                    ("version", version, Some(wfc_ir::Value::Null))
                }
            };
            let params = [("request", request, None), place].map(|(text, ty, default)| {
                let name = Name {
                    text: text.to_owned(),
                    span: name.span,
                };
                Param {
                    var: self.var(name.clone(), ty.clone()),
                    name,
                    ty,
                    default,
                    description: None,
                }
            });
            self.transitions[id].resource = found;
            self.transitions[id].callable = self.callables.len();
            self.callables.push(Callable {
                body: Expr::error(name.span),
                name,
                module,
                is_workflow: false,
                linked: None,
                type_params: Vec::new(),
                params: params.into(),
                ret: result,
                ret_span,
                prompt_ret: None,
                works: false,
                settings: Default::default(),
                effects: Default::default(),
                calls: Vec::new(),
            });
        }
    }

    /// The record that a type must be.
    fn record_of(
        &mut self,
        written: &TypeRef,
        at: wfc_diag::Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<TypeId> {
        let span = written.as_ref().map_or(at, |ty| ty.span);
        match self.resolve(written, diagnostics) {
            Ty::Named(id) if self.types.fields(id).is_some() => Some(id),
            Ty::Error => None,
            ty => {
                diagnostics.push(messages::no_record(span, &self.types.show(&ty)));
                None
            }
        }
    }

    /// The resource of this name.
    pub(in crate::lisp) fn resource_named(
        &mut self,
        name: &Name,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<usize> {
        match self.state_named(name, "resource", diagnostics)? {
            Item::Resource(id) => Some(id),
            item => {
                let kind = self.kind_of(item);
                diagnostics.push(messages::other_kind(name, kind, "resource"));
                None
            }
        }
    }

    /// The transition of this name.
    pub(in crate::lisp) fn transition_named(
        &mut self,
        name: &Name,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<usize> {
        match self.state_named(name, "transition", diagnostics)? {
            Item::Transition(id) => Some(id),
            item => {
                let kind = self.kind_of(item);
                diagnostics.push(messages::other_kind(name, kind, "transition"));
                None
            }
        }
    }

    fn state_named(
        &mut self,
        name: &Name,
        wanted: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Item> {
        match self.find(name.span, &name.text, Space::State) {
            Ok(item) => Some(item),
            Err(Missing::Reported) => None,
            Err(Missing::Private { module, declared }) => {
                diagnostics.push(messages::private(name.span, &name.text, &module, declared));
                None
            }
            Err(Missing::Unknown(known)) => {
                diagnostics.push(messages::unknown_state(name, wanted, &known));
                None
            }
        }
    }
}
