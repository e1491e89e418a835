//! A listener that lets in so many at once. Who would come after them is turned away at once: a
//! connection that waits looks to its owner like a service that hangs.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};

use crate::insight::metrics;

/// How long to wait when a connection could not be accepted: no descriptor is left, say, and trying
/// again at once would only burn a core.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener with a bound on its connections.
pub struct Door {
    name: &'static str,
    listener: TcpListener,
    room: Arc<Semaphore>,
}

/// A connection, and the place that it takes up until both are dropped.
pub struct Guest {
    /// The connection.
    pub stream: TcpStream,
    /// Its place.
    pub place: OwnedSemaphorePermit,
}

impl Door {
    /// A door that lets in so many; metrics call it `name`.
    pub fn new(name: &'static str, listener: TcpListener, most: usize) -> Self {
        Self { name, listener, room: Arc::new(Semaphore::new(most)) }
    }

    /// Where it is.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next connection. Giving up waiting loses none.
    pub async fn next(&self) -> Guest {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => match Arc::clone(&self.room).try_acquire_owned() {
                    Ok(place) => {
                        // Fails for a connection that is gone already, and then reading tells.
                        let _ = stream.set_nodelay(true);
                        return Guest { stream, place };
                    }
                    Err(_) => metrics::turned_away(self.name),
                },
                Err(error) => {
                    let door = self.name;
                    tracing::warn!(door, %error, "a connection could not be accepted");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn who_comes_after_the_last_place_is_turned_away_until_one_is_free() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let door = Door::new("test", listener, 2);
        let _first = TcpStream::connect(address).await.unwrap();
        let _second = TcpStream::connect(address).await.unwrap();
        let (guest, _other) = (door.next().await, door.next().await);
        let mut third = TcpStream::connect(address).await.unwrap();
        let mut byte = [0; 1];
        tokio::select! {
            _ = door.next() => panic!("there was no place"),
            read = third.read(&mut byte) => assert!(matches!(read, Ok(0) | Err(_))),
        }
        drop(guest);
        let _fourth = TcpStream::connect(address).await.unwrap();
        door.next().await;
    }
}
