//! Gives back what it gets.

use crate::Guest;
use crate::bindings::exports::test::guest::echo::{Color, Guest as Echo, Point, Rights, Shape};

type Integers = (i8, u8, i16, u16, i32, u32, i64, u64);

impl Echo for Guest {
    fn all_integers(a: i8, b: u8, c: i16, d: u16, e: i32, f: u32, g: i64, h: u64) -> Integers {
        (a, b, c, d, e, f, g, h)
    }

    fn floats(single: f32, double: f64) -> (f32, f64) {
        (single, double)
    }

    fn texts(letter: char, text: String) -> (char, String) {
        (letter, text)
    }

    fn truth(value: bool) -> bool {
        value
    }

    fn bytes(value: Vec<u8>) -> Vec<u8> {
        value
    }

    fn optional(value: Option<String>) -> Option<String> {
        value
    }

    fn colors(value: Vec<Color>) -> Vec<Color> {
        value
    }

    fn permissions(value: Rights) -> Rights {
        value
    }

    fn points(value: Vec<Point>) -> Vec<Point> {
        value
    }

    fn figure(value: Shape) -> Shape {
        value
    }

    fn nothing() {}
}
