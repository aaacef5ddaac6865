//! The functions conditions may call, and what they take.

use super::StaticType;

/// A set of types.
pub(super) type Types = u16;

pub(super) const NULL: Types = 1;
pub(super) const BOOL: Types = 1 << 1;
pub(super) const INT: Types = 1 << 2;
pub(super) const UINT: Types = 1 << 3;
pub(super) const DOUBLE: Types = 1 << 4;
pub(super) const TEXT: Types = 1 << 5;
pub(super) const BYTES: Types = 1 << 6;
pub(super) const TIME: Types = 1 << 7;
pub(super) const SPAN: Types = 1 << 8;
pub(super) const TYPE: Types = 1 << 9;
pub(super) const LIST: Types = 1 << 10;
pub(super) const MAP: Types = 1 << 11;
pub(super) const NUMBER: Types = INT | UINT | DOUBLE;
pub(super) const ANY: Types = Types::MAX;

/// The types a value may have.
pub(super) fn types(kind: &StaticType) -> Types {
    match kind {
        StaticType::Dyn => ANY,
        StaticType::Null => NULL,
        StaticType::Bool => BOOL,
        StaticType::Int => INT,
        StaticType::Uint => UINT,
        StaticType::Double => DOUBLE,
        StaticType::Number => NUMBER,
        StaticType::String => TEXT,
        StaticType::Bytes => BYTES,
        StaticType::Timestamp => TIME,
        StaticType::Duration => SPAN,
        StaticType::Type => TYPE,
        StaticType::List(_) => LIST,
        StaticType::Map { .. } => MAP,
        StaticType::Nullable(inner) => NULL | types(inner),
    }
}

/// How a function is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `f(x)`.
    Global,
    /// `x.f()`.
    Method,
    /// Both ways.
    Either,
}

/// One way to call a function; a name may have several.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// What it takes, the receiver first.
    pub(super) parameters: &'static [Types],
    /// How many of them may be left out at the end.
    pub(super) optional: usize,
    pub(super) result: StaticType,
}

const fn function(
    name: &'static str,
    form: Form,
    parameters: &'static [Types],
    optional: usize,
    result: StaticType,
) -> Function {
    Function { name, form, parameters, optional, result }
}

/// All functions but the loops, `has` and operators.
pub(super) static FUNCTIONS: [Function; 45] = {
    use Form::{Either, Global, Method};
    use StaticType as Static;
    [
        function("size", Either, &[TEXT | BYTES | LIST | MAP | NULL], 0, Static::Int),
        function("contains", Either, &[TEXT, TEXT], 0, Static::Bool),
        function("contains", Either, &[LIST, ANY], 0, Static::Bool),
        function("matches", Either, &[TEXT, TEXT], 0, Static::Bool),
        function("startsWith", Method, &[TEXT, TEXT], 0, Static::Bool),
        function("endsWith", Method, &[TEXT, TEXT], 0, Static::Bool),
        function("lowerAscii", Method, &[TEXT], 0, Static::String),
        function("upperAscii", Method, &[TEXT], 0, Static::String),
        function("trim", Method, &[TEXT], 0, Static::String),
        function("split", Method, &[TEXT, TEXT, INT], 1, Static::Dyn),
        function("replace", Method, &[TEXT, TEXT, TEXT, INT], 1, Static::String),
        function("substring", Method, &[TEXT, INT, INT], 1, Static::String),
        function("charAt", Method, &[TEXT, INT], 0, Static::String),
        function("indexOf", Method, &[TEXT, TEXT, INT], 1, Static::Int),
        function("lastIndexOf", Method, &[TEXT, TEXT], 0, Static::Int),
        function("join", Method, &[LIST, TEXT], 1, Static::String),
        function("int", Global, &[NUMBER | TEXT | TIME], 0, Static::Int),
        function("uint", Global, &[NUMBER | TEXT], 0, Static::Uint),
        function("double", Global, &[NUMBER | TEXT], 0, Static::Double),
        function("string", Global, &[NUMBER | TEXT | BOOL | BYTES | TIME | SPAN], 0, Static::String),
        function("bool", Global, &[BOOL | TEXT], 0, Static::Bool),
        function("bytes", Global, &[BYTES | TEXT], 0, Static::Bytes),
        function("timestamp", Global, &[TEXT | INT | TIME], 0, Static::Timestamp),
        function("duration", Global, &[TEXT | SPAN], 0, Static::Duration),
        function("type", Global, &[ANY], 0, Static::Type),
        function("dyn", Global, &[ANY], 0, Static::Dyn),
        function("now", Global, &[], 0, Static::Timestamp),
        function("getFullYear", Method, &[TIME, TEXT], 1, Static::Int),
        function("getMonth", Method, &[TIME, TEXT], 1, Static::Int),
        function("getDate", Method, &[TIME, TEXT], 1, Static::Int),
        function("getDayOfMonth", Method, &[TIME, TEXT], 1, Static::Int),
        function("getDayOfYear", Method, &[TIME, TEXT], 1, Static::Int),
        function("getDayOfWeek", Method, &[TIME, TEXT], 1, Static::Int),
        function("getHours", Method, &[TIME, TEXT], 1, Static::Int),
        function("getHours", Method, &[SPAN], 0, Static::Int),
        function("getMinutes", Method, &[TIME, TEXT], 1, Static::Int),
        function("getMinutes", Method, &[SPAN], 0, Static::Int),
        function("getSeconds", Method, &[TIME, TEXT], 1, Static::Int),
        function("getSeconds", Method, &[SPAN], 0, Static::Int),
        function("getMilliseconds", Method, &[TIME, TEXT], 1, Static::Int),
        function("getMilliseconds", Method, &[SPAN], 0, Static::Int),
        function("getDays", Method, &[SPAN], 0, Static::Int),
        // Operators whose operands need nothing more than the right types.
        function("!_", Global, &[BOOL], 0, Static::Bool),
        function("_&&_", Global, &[BOOL, BOOL], 0, Static::Bool),
        function("_||_", Global, &[BOOL, BOOL], 0, Static::Bool),
    ]
};

/// The names of the loops and of `has`, for suggestions.
pub(super) const MACROS: [&str; 6] = ["has", "all", "exists", "exists_one", "filter", "map"];
