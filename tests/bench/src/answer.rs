//! Reading HTTP/1.1 messages for no more than what a meter needs.

/// The first line of a message, and how long the whole message is.
#[derive(Debug, PartialEq, Eq)]
pub struct Head<'a> {
    pub line: &'a str,
    /// Bytes before the body.
    pub length: usize,
    /// Bytes of the body; none where the message does not say.
    pub body: Option<usize>,
}

impl<'a> Head<'a> {
    /// The head that `bytes` start with, once all of it is there.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let length = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let mut lines = std::str::from_utf8(bytes.get(..length)?).ok()?.split("\r\n");
        let line = lines.next()?;
        let body = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        Some(Self { line, length, body })
    }

    pub fn status(&self) -> Option<u16> {
        self.line.split(' ').nth(1)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_counts_once_it_is_whole() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 5\r\n\r\nhello";
        let head = Head::read(answer).unwrap();
        assert_eq!((head.status(), head.body), (Some(200), Some(5)));
        assert_eq!(head.length + 5, answer.len());
        assert_eq!(Head::read(&answer[..head.length - 1]), None);
    }

    #[test]
    fn a_message_that_does_not_say_its_length_has_none() {
        let head = Head::read(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
        assert_eq!((head.line, head.body), ("GET / HTTP/1.1", None));
    }
}
