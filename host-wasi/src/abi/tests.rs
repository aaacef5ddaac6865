//! Layouts and signatures against those of wit-parser, and values there and back.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use mxcp_core::wit::{Case, Field, Function, Parameter, Type, Value};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, SizeAlign};

use super::lift::Lifting;
use super::lower::{Blocks, Lowering};
use super::*;

/// A memory that knows its blocks.
#[derive(Debug)]
struct Arena {
    bytes: Vec<u8>,
    next: u32,
    live: BTreeMap<u32, (u32, u32)>,
}

impl Arena {
    fn new() -> Self {
        Self { bytes: vec![0; 1 << 20], next: 16, live: BTreeMap::new() }
    }
}

impl Memory for Arena {
    fn read(&self, at: u32, into: &mut [u8]) -> Result<(), Fault> {
        let bytes = self.bytes.get(at as usize..at as usize + into.len()).ok_or(Fault::OutOfBounds)?;
        into.copy_from_slice(bytes);
        Ok(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Fault> {
        let place = self.bytes.get_mut(at as usize..at as usize + bytes.len()).ok_or(Fault::OutOfBounds)?;
        place.copy_from_slice(bytes);
        Ok(())
    }

    fn allocate(&mut self, size: u32, align: u32) -> Result<u32, Fault> {
        if size == 0 {
            return Ok(align);
        }
        let at = self.next.next_multiple_of(align);
        self.next = at + size;
        self.live.insert(at, (size, align));
        Ok(at)
    }

    fn free(&mut self, at: u32, size: u32, align: u32) {
        if size != 0 {
            assert_eq!(self.live.remove(&at), Some((size, align)), "block at {at}");
        }
    }
}

/// Types and values by chance, the same for every run of a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn maybe<T>(&mut self, of: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(3) > 0).then(|| of(self))
    }

    fn names(&mut self, most: usize) -> Vec<String> {
        (0..=self.below(most)).map(|at| format!("n{at}")).collect()
    }

    fn ty(&mut self, depth: usize) -> Type {
        let kinds = if depth == 0 { 15 } else { 21 };
        let inner = |this: &mut Self| Box::new(this.ty(depth.saturating_sub(1)));
        match self.below(kinds) {
            0 => Type::Bool,
            1 => Type::S8,
            2 => Type::U8,
            3 => Type::S16,
            4 => Type::U16,
            5 => Type::S32,
            6 => Type::U32,
            7 => Type::S64,
            8 => Type::U64,
            9 => Type::F32,
            10 => Type::F64,
            11 => Type::Char,
            12 => Type::String,
            13 => Type::Enum(self.names(300)),
            14 => Type::Flags(self.names(32)),
            15 => Type::List(inner(self)),
            16 => Type::Option(inner(self)),
            17 => Type::Result(self.maybe(inner), self.maybe(inner)),
            18 => Type::Tuple((0..=self.below(4)).map(|_| self.ty(depth - 1)).collect()),
            19 => {
                let names = self.names(5);
                Type::Record(names.into_iter().map(|name| Field { name, ty: self.ty(depth - 1) }).collect())
            }
            _ => {
                let names = self.names(5);
                let case = |name| Case { name, ty: self.maybe(|this| this.ty(depth - 1)) };
                Type::Variant(names.into_iter().map(case).collect())
            }
        }
    }

    fn function(&mut self) -> Function {
        let parameters = (0..self.below(8)).map(|at| Parameter { name: format!("p{at}"), ty: self.ty(3) });
        let parameters = parameters.collect();
        Function { documentation: None, parameters, result: self.maybe(|this| this.ty(3)) }
    }

    fn value(&mut self, ty: &Type) -> Value {
        let bits = (self.below(usize::MAX) as u64) << 1 | self.below(2) as u64;
        match ty {
            Type::Bool => Value::Bool(bits & 1 == 1),
            Type::S8 => Value::S8(bits as i8),
            Type::U8 => Value::U8(bits as u8),
            Type::S16 => Value::S16(bits as i16),
            Type::U16 => Value::U16(bits as u16),
            Type::S32 => Value::S32(bits as i32),
            Type::U32 => Value::U32(bits as u32),
            Type::S64 => Value::S64(bits as i64),
            Type::U64 => Value::U64(bits),
            Type::F32 => Value::F32(bits as u32 as f32 / 3.0),
            Type::F64 => Value::F64(bits as f64 / 3.0),
            Type::Char => Value::Char(char::from_u32(bits as u32 % 0x11_0000).unwrap_or('ß')),
            Type::String => Value::String("aß€😀".repeat(self.below(4))),
            Type::Enum(cases) => Value::Enum(self.below(cases.len()) as u32),
            Type::Flags(names) => Value::Flags(names.iter().map(|_| self.below(2) == 1).collect()),
            Type::List(item) if **item == Type::U8 => {
                Value::Bytes((0..self.below(9)).map(|_| self.below(256) as u8).collect())
            }
            Type::List(item) => Value::List((0..self.below(4)).map(|_| self.value(item)).collect()),
            Type::Option(inner) => Value::Option(self.maybe(|this| Box::new(this.value(inner)))),
            Type::Result(ok, error) => {
                let mut payload = |ty: &Option<Box<Type>>| ty.as_ref().map(|ty| Box::new(self.value(ty)));
                if bits & 1 == 1 {
                    Value::Result(Ok(payload(ok)))
                } else {
                    Value::Result(Err(payload(error)))
                }
            }
            Type::Tuple(types) => Value::Tuple(types.iter().map(|ty| self.value(ty)).collect()),
            Type::Record(fields) => Value::Record(fields.iter().map(|field| self.value(&field.ty)).collect()),
            Type::Variant(cases) => {
                let at = self.below(cases.len());
                Value::Variant(at as u32, cases[at].ty.as_ref().map(|ty| Box::new(self.value(ty))))
            }
        }
    }
}

/// A type as WIT writes it; types that need a name are declared.
fn written(ty: &Type, declared: &mut Vec<String>) -> String {
    let declare = |text: String, kind: &str, declared: &mut Vec<String>| {
        let name = format!("t{}", declared.len());
        declared.push(format!("{kind} {name} {{ {text} }}"));
        name
    };
    match ty {
        Type::List(item) => format!("list<{}>", written(item, declared)),
        Type::Option(inner) => format!("option<{}>", written(inner, declared)),
        Type::Result(ok, error) => {
            let mut of = |ty: &Option<Box<Type>>| ty.as_ref().map_or("_".into(), |ty| written(ty, declared));
            let ok = of(ok);
            match error {
                Some(_) => format!("result<{ok}, {}>", of(error)),
                None if ok == "_" => "result".to_owned(),
                None => format!("result<{ok}>"),
            }
        }
        Type::Tuple(items) => {
            let items: Vec<String> = items.iter().map(|ty| written(ty, declared)).collect();
            format!("tuple<{}>", items.join(", "))
        }
        Type::Record(fields) => {
            let fields =
                fields.iter().map(|field| format!("{}: {}", field.name, written(&field.ty, declared)));
            let fields: Vec<String> = fields.collect();
            declare(fields.join(", "), "record", declared)
        }
        Type::Variant(cases) => {
            let case = |case: &Case, declared: &mut Vec<String>| match &case.ty {
                Some(ty) => format!("{}({})", case.name, written(ty, declared)),
                None => case.name.clone(),
            };
            let cases: Vec<String> = cases.iter().map(|one| case(one, declared)).collect();
            declare(cases.join(", "), "variant", declared)
        }
        Type::Enum(names) => declare(names.join(", "), "enum", declared),
        Type::Flags(names) => declare(names.join(", "), "flags", declared),
        scalar => scalar.describe(),
    }
}

fn parsed(function: &Function) -> (Resolve, wit_parser::Function) {
    let mut declared = Vec::new();
    let parameters = function.parameters.iter();
    let parameters: Vec<String> = parameters
        .map(|parameter| format!("{}: {}", parameter.name, written(&parameter.ty, &mut declared)))
        .collect();
    let result = function.result.as_ref().map(|ty| format!(" -> {}", written(ty, &mut declared)));
    let text = format!(
        "package a:b; interface i {{ {} f: func({}){}; }}",
        declared.join(" "),
        parameters.join(", "),
        result.unwrap_or_default()
    );
    let mut resolve = Resolve::default();
    resolve.push_str("a.wit", &text).unwrap_or_else(|error| panic!("{error:?}: {text}"));
    let (_, interface) = resolve.interfaces.iter().next().unwrap();
    let parsed = interface.functions["f"].clone();
    (resolve, parsed)
}

fn core_type(ty: &WasmType) -> Flat {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => Flat::I32,
        WasmType::I64 | WasmType::PointerOrI64 => Flat::I64,
        WasmType::F32 => Flat::F32,
        WasmType::F64 => Flat::F64,
    }
}

#[test]
fn layouts_and_signatures_are_those_of_wit_parser() {
    for seed in 1..400 {
        let function = Chance(seed * 0x9E37_79B9).function();
        let (resolve, parsed) = parsed(&function);
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        let types = function.parameters.iter().map(|parameter| &parameter.ty).chain(&function.result);
        let theirs = parsed.params.iter().map(|parameter| &parameter.ty).chain(&parsed.result);
        for (ty, theirs) in types.zip(theirs) {
            let expected = (sizes.size(theirs).size_wasm32(), sizes.align(theirs).align_wasm32());
            let layout = Layout::of(ty);
            assert_eq!((layout.size as usize, layout.align as usize), expected, "{ty:?}");
        }
        let expected = resolve.wasm_signature(AbiVariant::GuestImport, &parsed);
        let signature = Signature {
            parameters: expected.params.iter().map(core_type).collect(),
            results: expected.results.iter().map(core_type).collect(),
            indirect: expected.indirect_params,
            return_pointer: expected.retptr,
        };
        assert_eq!(Signature::of(&function), signature, "{function:?}");
        assert!(signature.parameters.len() <= MOST_SLOTS);
    }
}

#[test]
fn values_are_the_same_after_their_way_through_memory_and_slots_and_no_block_is_left() {
    for seed in 1..2000 {
        let mut chance = Chance(seed * 0x1234_5677);
        let ty = chance.ty(4);
        let value = chance.value(&ty);
        let mut memory = Arena::new();
        // What is lifted gives its blocks back; only the first is the caller's.
        let mut blocks = Blocks::default();
        let mut slots = Vec::new();
        let layout = Layout::of(&ty);
        let at = memory.allocate(layout.size, layout.align).unwrap();
        let mut lowering = Lowering { memory: &mut memory, blocks: &mut blocks };
        lowering.store(&ty, &value, at).unwrap();
        lowering.flat(&ty, &value, &mut slots).unwrap();
        let mut lifting = Lifting { memory: &mut memory };
        assert_eq!(lifting.load(&ty, at).unwrap(), value, "{ty:?}");
        let mut rest = &slots[..];
        assert_eq!(lifting.flat(&ty, &mut rest).unwrap(), value, "{ty:?}");
        assert!(rest.is_empty(), "{ty:?}");
        assert_eq!(memory.live.into_keys().collect::<Vec<_>>(), [at], "{ty:?}");
    }
}

fn function(parameters: &[Type], result: Option<Type>) -> Function {
    let parameters = parameters.iter().cloned().zip(0..);
    let parameters = parameters.map(|(ty, at)| Parameter { name: format!("p{at}"), ty }).collect();
    Function { documentation: None, parameters, result }
}

/// Calls a function whose callee gives `result`, placed into memory while the call runs, as a host does it.
fn echo(
    function: &Function,
    arguments: &[Value],
    result: &Value,
) -> (Result<Option<Value>, Fault>, Vec<u64>, Shared) {
    let shared = Shared(Rc::new(RefCell::new(Arena::new())));
    let (mut memory, mut callee) = (shared.clone(), shared.clone());
    let mut given = Vec::new();
    let lifted = call(&mut memory, function, arguments, &mut |slots| {
        given = slots.to_vec();
        let ty = function.result.as_ref().unwrap();
        let mut placed = Blocks::default();
        let area = u32::try_from(*slots.last().unwrap()).unwrap();
        Lowering { memory: &mut callee, blocks: &mut placed }.store(ty, result, area).unwrap();
        0
    });
    (lifted, given, shared)
}

/// A memory that caller and callee write to.
#[derive(Clone, Debug)]
struct Shared(Rc<RefCell<Arena>>);

impl Memory for Shared {
    fn read(&self, at: u32, into: &mut [u8]) -> Result<(), Fault> {
        self.0.borrow().read(at, into)
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Fault> {
        self.0.borrow_mut().write(at, bytes)
    }

    fn allocate(&mut self, size: u32, align: u32) -> Result<u32, Fault> {
        self.0.borrow_mut().allocate(size, align)
    }

    fn free(&mut self, at: u32, size: u32, align: u32) {
        self.0.borrow_mut().free(at, size, align);
    }
}

#[test]
fn a_call_gives_back_all_it_allocated_and_all_it_was_given() {
    let pair = Type::Tuple(vec![Type::String, Type::List(Box::new(Type::String))]);
    let function = function(&[Type::String, Type::List(Box::new(Type::U16))], Some(pair));
    let arguments = [Value::String("grüß".into()), Value::List(vec![Value::U16(7), Value::U16(8)])];
    let result = Value::Tuple(vec![
        Value::String("a".into()),
        Value::List(vec![Value::String("b".into()), Value::String(String::new())]),
    ]);
    let (lifted, given, memory) = echo(&function, &arguments, &result);
    assert_eq!(lifted.unwrap(), Some(result));
    assert_eq!((given.len(), given[1], given[3]), (5, 6, 2));
    assert!(memory.0.borrow().live.is_empty(), "{memory:?}");
}

#[test]
fn a_single_scalar_comes_back_in_its_slot() {
    let function = function(&[Type::S8], Some(Type::S8));
    let mut memory = Arena::new();
    let lifted = call(&mut memory, &function, &[Value::S8(-3)], &mut |slots| slots[0]);
    assert_eq!(lifted, Ok(Some(Value::S8(-3))));
}

#[test]
fn more_than_sixteen_parameters_are_passed_in_memory() {
    let function = function(&[const { Type::U64 }; 17], None);
    let arguments: Vec<Value> = (0..17).map(Value::U64).collect();
    let mut memory = Arena::new();
    let mut given = 0;
    let lifted = call(&mut memory, &function, &arguments, &mut |slots| {
        given = slots.len();
        0
    });
    assert_eq!((lifted, given), (Ok(None), 1));
    assert!(memory.live.is_empty());
}

#[test]
fn what_is_no_value_of_the_type_is_refused() {
    let lifted = |ty: &Type, slots: &[u64]| {
        let mut memory = Arena::new();
        memory.write(64, &[0xFF, 0xFE]).unwrap();
        memory.live.insert(64, (2, 1));
        Lifting { memory: &mut memory }.flat(ty, &mut &*slots)
    };
    assert_eq!(lifted(&Type::Char, &[0xD800]), Err(Fault::Character));
    assert_eq!(lifted(&Type::Char, &[0x11_0000]), Err(Fault::Character));
    assert_eq!(lifted(&Type::String, &[64, 2]), Err(Fault::Text));
    assert_eq!(lifted(&Type::String, &[64, u64::from(u32::MAX)]), Err(Fault::OutOfBounds));
    assert_eq!(lifted(&Type::String, &[u64::from(u32::MAX), 2]), Err(Fault::OutOfBounds));
    assert_eq!(lifted(&Type::Enum(vec!["a".into()]), &[1]), Err(Fault::Case));
    assert_eq!(lifted(&Type::Option(Box::new(Type::Bool)), &[2, 0]), Err(Fault::Case));
    assert_eq!(lifted(&Type::Variant(vec![Case { name: "a".into(), ty: None }]), &[1]), Err(Fault::Case));
    let list = Type::List(Box::new(Type::U64));
    assert_eq!(lifted(&list, &[65, 1]), Err(Fault::OutOfBounds));
    assert_eq!(lifted(&list, &[64, 0x2000_0000]), Err(Fault::OutOfBounds));
    assert_eq!(lifted(&list, &[64, 0x1000_0000]), Err(Fault::OutOfBounds));
}

#[test]
fn a_value_that_is_not_of_its_type_is_not_passed() {
    let mut memory = Arena::new();
    for (ty, value) in [
        (Type::Bool, Value::U8(1)),
        (Type::Enum(vec!["a".into()]), Value::Enum(1)),
        (Type::Option(Box::new(Type::Bool)), Value::Bool(true)),
        (Type::Tuple(vec![Type::Bool]), Value::Tuple(Vec::new())),
    ] {
        let outcome =
            call(&mut memory, &function(&[ty], None), &[value], &mut |_| unreachable!("not called"));
        assert_eq!(outcome, Err(Fault::Misfit));
    }
    let none_given =
        call(&mut memory, &function(&[Type::Bool], None), &[], &mut |_| unreachable!("not called"));
    assert_eq!(none_given, Err(Fault::Misfit));
}
