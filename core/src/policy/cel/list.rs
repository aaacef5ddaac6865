//! Lists of the project's data as CEL sees them: converted item by item, when an expression looks.

use std::fmt;
use std::sync::{Arc, OnceLock};

use cel_interpreter::ExecutionError;
use cel_interpreter::common::traits::{Adder, Container, Indexer, Iterable, Iterator, Sizer};
use cel_interpreter::common::types::{CelDouble, CelInt, CelList, CelUInt, Type};
use cel_interpreter::common::value::{CowVal, Val};

use super::convert::Item;
use super::equality;

/// A list that borrows its items; copies share what was converted.
#[derive(Clone)]
pub(super) struct ListView<'v> {
    items: Arc<[Slot<'v>]>,
}

/// An item, and its CEL form once it was needed.
pub(super) struct Slot<'v> {
    item: Item<'v>,
    converted: OnceLock<Box<dyn Val + 'v>>,
}

impl<'v> Slot<'v> {
    pub(super) fn new(item: Item<'v>) -> Self {
        Self { item, converted: OnceLock::new() }
    }

    pub(super) fn value(&self) -> &(dyn Val + 'v) {
        self.converted.get_or_init(|| self.item.to_cel()).as_ref()
    }
}

impl<'v> ListView<'v> {
    pub(super) fn new(items: impl std::iter::Iterator<Item = Item<'v>>) -> Self {
        Self { items: items.map(Slot::new).collect() }
    }
}

impl fmt::Debug for ListView<'_> {
    /// Without the items: they are the data that policies protect.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "list of {}", self.items.len())
    }
}

impl Val for ListView<'_> {
    fn get_type(&self) -> &Type {
        CelList::cel_type()
    }

    fn cel_type() -> &'static Type {
        CelList::cel_type()
    }

    fn as_adder<'b, 'w>(&'b self) -> Option<&'b (dyn Adder + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'w>(&'b self) -> Option<&'b (dyn Indexer + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn as_iterable<'b, 'w>(&'b self) -> Option<&'b (dyn Iterable + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        equality::equal(self, other)
    }

    fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
    where
        Self: 'w,
    {
        Box::new(self.clone())
    }
}

impl Adder for ListView<'_> {
    fn add<'b, 'w>(&'b self, other: &(dyn Val + 'w)) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        let mut items: Vec<Box<dyn Val + 'w>> =
            self.items.iter().map(|slot| slot.value().clone_as_boxed()).collect();
        let Some(others) = other.as_iterable() else {
            let types = vec!["list".to_owned(), other.get_type().name().to_owned()];
            return Err(ExecutionError::no_such_overload("_+_", types));
        };
        let mut others = others.iter();
        while let Some(item) = others.next() {
            items.push(item.clone_as_boxed());
        }
        Ok(CowVal::owned(CelList::from(items)))
    }
}

impl Container for ListView<'_> {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.items.iter().any(|slot| equality::equal(slot.value(), value)))
    }
}

impl Indexer for ListView<'_> {
    fn get<'b, 'w>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        let position = if let Some(index) = index.downcast_ref::<CelInt>() {
            usize::try_from(*index.inner()).ok()
        } else if let Some(index) = index.downcast_ref::<CelUInt>() {
            usize::try_from(*index.inner()).ok()
        } else if let Some(index) =
            index.downcast_ref::<CelDouble>().filter(|index| index.inner().fract() == 0.0)
        {
            whole(*index.inner())
        } else {
            let got = index.get_type().name().to_owned();
            return Err(ExecutionError::UnexpectedType { got, want: "int".to_owned() });
        };
        match position.and_then(|position| self.items.get(position)) {
            Some(slot) => Ok(CowVal::Borrowed(slot.value())),
            None => Err(ExecutionError::IndexOutOfBounds(cel_interpreter::Value::Null)),
        }
    }

    fn steal<'w>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

/// A double without a fraction as a position; none if there can be no such position.
fn whole(number: f64) -> Option<usize> {
    // Exact below 2^32, beyond which no list reaches.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    (0.0..4_294_967_296.0).contains(&number).then_some(number as usize)
}

impl Iterable for ListView<'_> {
    fn iter<'b, 'w>(&'b self) -> Box<dyn Iterator<'b, 'w> + 'b>
    where
        Self: 'w,
    {
        Box::new(Items { slots: self.items.iter() })
    }
}

struct Items<'b, 'v> {
    slots: std::slice::Iter<'b, Slot<'v>>,
}

impl<'b, 'v: 'w, 'w> Iterator<'b, 'w> for Items<'b, 'v> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'w)> {
        self.slots.next().map(|slot| slot.value() as &(dyn Val + 'w))
    }
}

impl Sizer for ListView<'_> {
    fn size(&self) -> CelInt {
        i64::try_from(self.items.len()).unwrap_or(i64::MAX).into()
    }
}
