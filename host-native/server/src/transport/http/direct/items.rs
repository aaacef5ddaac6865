//! The answer with a long list, written while it is sent.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame};
use mxcp_core::registry::Success;
use mxcp_core::value::Value;
use mxcp_mcp::wire;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::task::yield_now;
use tokio_util::sync::ReusableBoxFuture;

/// Bytes of a piece, about.
const PIECE: usize = 64 * 1024;

/// Places in an answer where its items belong: nothing else in it is written so, as quotes within texts are escaped.
const CONTENT: &str = r#""content":[]"#;
const STRUCTURED: &str = r#""structuredContent":{"result":[]"#;

/// An answer whose result is a list, of which never more than a piece is in memory as JSON.
#[derive(Debug)]
pub(super) struct Items {
    list: Success,
    /// What is before the items as content, before the items as they are, and after all of that.
    around: [String; 3],
    stage: Stage,
    /// Whether anything of the list that is being written is written already.
    begun: bool,
    /// What comes first before the next piece is written: the others on this thread, and what has arrived for them meanwhile.
    way: Option<ReusableBoxFuture<'static, ()>>,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// The item of this number is the next to be written as content.
    Content(usize),
    /// The item of this number is the next to be written as it is.
    Structured(usize),
    End,
}

impl Items {
    /// The answer `around` a list, with its items; none if there is no place for them.
    pub(super) fn new(around: &str, list: Success) -> Option<Self> {
        let before_end = |place: &str| place.len() - 1;
        let (head, rest) = around.split_at_checked(around.find(CONTENT)? + before_end(CONTENT))?;
        let (between, tail) = match rest.find(STRUCTURED) {
            Some(found) => rest.split_at_checked(found + before_end(STRUCTURED))?,
            None => (rest, ""),
        };
        let around = [head, between, tail].map(str::to_owned);
        Some(Self { list, around, stage: Stage::Content(0), begun: false, way: None })
    }

    /// The next piece; none after the last.
    fn piece(&mut self) -> Option<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE + PIECE / 4);
        while piece.len() < PIECE {
            match self.stage {
                Stage::Content(number) => self.write_content(number, &mut piece),
                Stage::Structured(number) => self.write_structured(number, &mut piece),
                Stage::End => break,
            }
        }
        (!piece.is_empty()).then_some(piece)
    }

    fn write_content(&mut self, number: usize, piece: &mut Vec<u8>) {
        let [head, between, tail] = &mut self.around;
        piece.append(&mut mem::take(head).into_bytes());
        if let Some(item) = items(&self.list).get(number) {
            for block in wire::blocks_of_item(item) {
                write(&block, &mut self.begun, piece);
            }
            self.stage = Stage::Content(number + 1);
        } else {
            piece.append(&mut mem::take(between).into_bytes());
            self.begun = false;
            self.stage = if tail.is_empty() { Stage::End } else { Stage::Structured(0) };
        }
    }

    fn write_structured(&mut self, number: usize, piece: &mut Vec<u8>) {
        if let Some(item) = items(&self.list).get(number) {
            write(item, &mut self.begun, piece);
            self.stage = Stage::Structured(number + 1);
        } else {
            let [.., tail] = &mut self.around;
            piece.append(&mut mem::take(tail).into_bytes());
            self.stage = Stage::End;
        }
    }
}

fn items(list: &Success) -> &[Value] {
    match &list.value {
        Value::Array(items) => items,
        _ => &[],
    }
}

/// Writes an item, after a comma if it is not the first.
fn write(item: &impl Serialize, begun: &mut bool, piece: &mut Vec<u8>) {
    if mem::replace(begun, true) {
        piece.push(b',');
    }
    // Keys are texts and floats are finite, so writing can't fail.
    drop(serde_json::to_writer(piece, item));
}

impl Body for Items {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // A client that reads fast would have all pieces written in one go. To be woken at once would not do: the runtime asks only
        // after dozens of those who were whether anything has arrived.
        if let Some(way) = &mut self.way {
            ready!(way.poll(context));
        }
        self.way = Some(ReusableBoxFuture::new(yield_now()));
        Poll::Ready(self.piece().map(|piece| Ok(Frame::data(Bytes::from(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.stage, Stage::End)
    }
}

impl Drop for Items {
    /// To give up so many values takes a while as well.
    fn drop(&mut self) {
        let list = mem::replace(&mut self.list.value, Value::Null);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(list));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use mxcp_core::schema::TextFormat;
    use rmcp::model::{RequestId, ServerJsonRpcMessage, ServerResult};
    use serde_json::{Value as Json, json};

    use super::*;

    fn message(result: rmcp::model::CallToolResult) -> String {
        // An id that looks like a place where items belong.
        let id = RequestId::String(CONTENT.into());
        serde_json::to_string(&ServerJsonRpcMessage::response(ServerResult::CallToolResult(result), id))
            .unwrap()
    }

    fn in_pieces(list: &Success) -> (String, usize) {
        let around = message(wire::around_items(list));
        let mut items = Items::new(&around, list.clone()).unwrap();
        let (mut whole, mut pieces) = (Vec::new(), 0);
        while let Some(piece) = items.piece() {
            assert!(piece.len() < 2 * PIECE);
            whole.extend(piece);
            pieces += 1;
        }
        assert!(items.is_end_stream());
        (String::from_utf8(whole).unwrap(), pieces)
    }

    #[tokio::test]
    async fn others_come_between_pieces() {
        let value = Value::Array(vec![Value::String("x".repeat(100)); 5000]);
        let list = Success { value, typed: true, content: None, part: None };
        let mut items = Items::new(&message(wire::around_items(&list)), list).unwrap();
        let mut context = Context::from_waker(Waker::noop());
        for piece in 0..5 {
            assert!(
                matches!(Pin::new(&mut items).poll_frame(&mut context), Poll::Ready(Some(Ok(_)))),
                "{piece}"
            );
            assert!(Pin::new(&mut items).poll_frame(&mut context).is_pending(), "{piece}");
        }
    }

    #[test]
    fn a_list_in_pieces_is_the_list() {
        let items: Vec<Json> = (0..5000)
            .map(|number| match number % 5 {
                0 => Json::Null,
                1 => json!(format!("text {number} {CONTENT}")),
                2 => json!([number, null, ["a"]]),
                3 => json!(number),
                _ => json!({"number": number, "content": [], "result": []}),
            })
            .collect();
        for typed in [true, false] {
            for count in [5000, 3, 1, 0] {
                let value = Value::from_json(Json::Array(items[..count].to_vec()));
                let list = Success { value, typed, content: None, part: None };
                let (whole, pieces) = in_pieces(&list);
                assert_eq!(whole, message(wire::success(&list, TextFormat::Json)), "{count} {typed}");
                assert_eq!(pieces > 1, count == 5000);
            }
        }
    }
}
