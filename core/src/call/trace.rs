//! The trace that a call is part of.

/// Where a call stands in somebody's trace (W3C Trace Context, section 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace: 32 hexadecimal digits in lower case, not all of them 0.
    pub trace_id: String,
    /// The span that the call is part of: 16 hexadecimal digits in lower case, not all of them 0.
    pub parent_id: String,
    /// Whether the caller records the trace.
    pub sampled: bool,
    /// What those it came by keep with it: the value of `tracestate`, empty if there is none.
    pub state: String,
}

impl TraceContext {
    /// Reads the value of a `traceparent` header. None for one that is to be ignored, as section 4.3 of the recommendation
    /// has it: a trace that can't be read is no trace.
    #[must_use]
    pub fn parse(traceparent: &str) -> Option<Self> {
        let mut fields = traceparent.trim_matches([' ', '\t']).split('-');
        let version = fields.next().filter(|field| is_hex(field, 2) && *field != "ff")?;
        let trace_id = fields.next().filter(|field| is_id(field, 32))?;
        let parent_id = fields.next().filter(|field| is_id(field, 16))?;
        let flags = fields.next().filter(|field| is_hex(field, 2))?;
        // Later versions may say more; this one has nothing more to say.
        if version == "00" && fields.next().is_some() {
            return None;
        }
        let flags = u8::from_str_radix(flags, 16).ok()?;
        Some(Self {
            trace_id: trace_id.to_owned(),
            parent_id: parent_id.to_owned(),
            sampled: flags & 1 == 1,
            state: String::new(),
        })
    }
}

fn is_hex(field: &str, length: usize) -> bool {
    field.len() == length && field.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_id(field: &str, length: usize) -> bool {
    is_hex(field, length) && field.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const PARENT: &str = "b7ad6b7169203331";

    #[test]
    fn a_trace_is_read_as_w3c_writes_it() {
        let read = TraceContext::parse(&format!("00-{TRACE}-{PARENT}-01")).unwrap();
        assert_eq!((read.trace_id.as_str(), read.parent_id.as_str(), read.sampled), (TRACE, PARENT, true));
        assert!(!TraceContext::parse(&format!(" 00-{TRACE}-{PARENT}-02\t")).unwrap().sampled);
        assert!(TraceContext::parse(&format!("cc-{TRACE}-{PARENT}-01-later")).is_some());
    }

    #[test]
    fn what_is_no_trace_is_ignored() {
        let zeros = "0".repeat(32);
        for wrong in [
            String::new(),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}-{PARENT}-01-more"),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{zeros}-{PARENT}-01"),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}-{PARENT}-1"),
        ] {
            assert_eq!(TraceContext::parse(&wrong), None, "{wrong}");
        }
    }
}
