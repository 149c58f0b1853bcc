//! A body whose pieces somebody else makes, as fast as the client takes them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, header};
use hyper::body::Frame;
use tokio::sync::mpsc;

/// Pieces that wait for the client, beside the one that is being made and the one on its way.
const PIECES_MAX: usize = 1;

pub(super) const NDJSON: &str = "application/x-ndjson";

struct Pieces(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.0.poll_recv(cx);
        piece.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

/// An answer of NDJSON lines, and where they go in. The sender is closed once the client is gone.
pub(super) fn lines() -> (mpsc::Sender<Bytes>, Response<Body>) {
    let (sender, receiver) = mpsc::channel(PIECES_MAX);
    let mut response = Response::new(Body::new(Pieces(receiver)));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    (sender, response)
}
