// SPDX-License-Identifier: MIT OR Apache-2.0
//! iceoryx2: a service of slices each way, copied in and copied out, and asked again and again.

use bench_ring::{Candidate, Failure, Link, Shape, Side};
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::*;
use iceoryx2::service::port_factory::publish_subscribe::PortFactory;

/// Its services are called by the process that both sides come from.
pub(crate) fn polling(name: &str) -> Candidate {
    Candidate::new(name, |shape: &Shape| {
        let (shape, near) = (*shape, std::process::id());
        Ok(move |side| {
            set_log_level(LogLevel::Error);
            let node = NodeBuilder::new();
            let node = node.signal_handling_mode(SignalHandlingMode::Disabled);
            let node = node.create::<ipc::Service>()?;
            let there = service(&node, &format!("bench-ring/{near}/there"), &shape)?;
            let back = service(&node, &format!("bench-ring/{near}/back"), &shape)?;
            let (to, from) = match side {
                Side::Near => (&there, &back),
                Side::Far => (&back, &there),
            };
            let publisher = to.publisher_builder().initial_max_slice_len(shape.size);
            // Who finds no room waits for it, as everybody here does.
            let publisher =
                publisher.backpressure_strategy(BackpressureStrategy::RetryUntilDelivered);
            Ok(Polling {
                to: publisher.create()?,
                from: from.subscriber_builder().create()?,
                _services: (there, back),
                _node: node,
            })
        })
    })
}

type Service = PortFactory<ipc::Service, [u8], ()>;

fn service(node: &Node<ipc::Service>, name: &str, shape: &Shape) -> Result<Service, Failure> {
    let builder = node.service_builder(&name.try_into()?);
    let builder = builder
        .publish_subscribe::<[u8]>()
        .enable_safe_overflow(false);
    Ok(builder
        .subscriber_max_buffer_size(shape.slots)
        .open_or_create()?)
}

/// The ports come first, as they go first.
struct Polling {
    to: Publisher<ipc::Service, [u8], ()>,
    from: Subscriber<ipc::Service, [u8], ()>,
    _services: (Service, Service),
    _node: Node<ipc::Service>,
}

impl Link for Polling {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let sample = self.to.loan_slice_uninit(bytes.len())?;
        sample.write_from_slice(bytes).send()?;
        Ok(())
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        loop {
            if let Some(sample) = self.from.receive()? {
                let bytes = sample.payload();
                let buffer = buffer.get_mut(..bytes.len()).ok_or("too long a message")?;
                buffer.copy_from_slice(bytes);
                return Ok(bytes.len());
            }
            std::hint::spin_loop();
        }
    }
}
