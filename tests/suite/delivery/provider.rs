//! A stand-in for a provider: keeps what it was sent, answers as it was told.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::IntoResponse,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::AbortHandle,
};

/// One request, as it came in.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

#[derive(Clone)]
struct Script {
    answer: Option<(u16, String)>,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// Listens on a free port until it is dropped.
pub struct Provider {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    task: AbortHandle,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Provider {
    /// Gives every request the same answer.
    pub async fn answering(status: u16, body: impl ToString) -> Self {
        Self::start(Some((status, body.to_string()))).await
    }

    /// Takes requests and never answers.
    pub async fn hanging() -> Self {
        Self::start(None).await
    }

    async fn start(answer: Option<(u16, String)>) -> Self {
        let script = Script { answer, requests: Arc::default() };
        let requests = script.requests.clone();
        let app = Router::new().fallback(answer_as_told).with_state(script);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = async move { axum::serve(listener, app).await.unwrap() };
        let task = tokio::spawn(serve).abort_handle();
        Self { address, requests, task }
    }

    /// Reads what comes first on each connection, writes `answer` and hangs up.
    pub async fn hanging_up_after(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let _ = connection.read(&mut [0; 16 * 1024]).await;
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        };
        let task = tokio::spawn(serve).abort_handle();
        Self { address, requests: Arc::default(), task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The one request that there was.
    pub fn request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1);
        requests[0].clone()
    }
}

async fn answer_as_told(
    State(script): State<Script>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    script.requests.lock().unwrap().push(Request { method, uri, headers, body });
    match script.answer {
        Some((status, body)) => {
            let headers =
                [(header::LOCATION, "/elsewhere"), (header::CONTENT_TYPE, "application/json")];
            (StatusCode::from_u16(status).unwrap(), headers, body)
        }
        None => std::future::pending().await,
    }
}

/// An address at which nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
