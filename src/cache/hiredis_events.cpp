#include "cache/hiredis_events.hpp"

#include <boost/system/error_code.hpp>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <utility>

namespace ticketd::cache {
namespace {

hiredis_events& from(void* self) { return *static_cast<hiredis_events*>(self); }

}  // namespace

void hiredis_events::attach(const boost::asio::any_io_executor& executor, redisAsyncContext& context,
                            std::function<void()> on_gone) {
  const auto events = std::make_shared<hiredis_events>(executor, context, std::move(on_gone));
  events->self_ = events;
  context.ev.data = events.get();
  context.ev.addRead = add_read;
  context.ev.delRead = stop_read;
  context.ev.addWrite = add_write;
  context.ev.delWrite = stop_write;
  context.ev.cleanup = clean_up;
}

hiredis_events::hiredis_events(const boost::asio::any_io_executor& executor, redisAsyncContext& context,
                               std::function<void()> on_gone)
    : descriptor_(executor, context.c.fd), context_(&context), on_gone_(std::move(on_gone)) {}

void hiredis_events::add_read(void* self) {
  from(self).is_read_wanted_ = true;
  from(self).wait_to_read();
}

void hiredis_events::stop_read(void* self) { from(self).is_read_wanted_ = false; }

void hiredis_events::add_write(void* self) {
  from(self).is_write_wanted_ = true;
  from(self).wait_to_write();
}

void hiredis_events::stop_write(void* self) { from(self).is_write_wanted_ = false; }

void hiredis_events::clean_up(void* self) {
  const auto events = std::move(from(self).self_);
  // hiredis 1.x may come here twice for one context, 0.14 comes once: take the hooks away at the first time.
  events->context_->ev = {};
  events->context_ = nullptr;
  events->descriptor_.release();  // hiredis closes its socket itself; pending waits end with operation_aborted
  std::exchange(events->on_gone_, nullptr)();
}

void hiredis_events::wait_to_read() {
  if (is_waiting_to_read_) return;
  is_waiting_to_read_ = true;
  descriptor_.async_wait(descriptor_.wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->is_waiting_to_read_ = false;
    if (error || !self->context_ || !self->is_read_wanted_) return;
    redisAsyncHandleRead(self->context_);  // may free the context, which sets context_ to null
    if (self->context_ && self->is_read_wanted_) self->wait_to_read();
  });
}

void hiredis_events::wait_to_write() {
  if (is_waiting_to_write_) return;
  is_waiting_to_write_ = true;
  descriptor_.async_wait(descriptor_.wait_write, [self = shared_from_this()](boost::system::error_code error) {
    self->is_waiting_to_write_ = false;
    if (error || !self->context_ || !self->is_write_wanted_) return;
    redisAsyncHandleWrite(self->context_);  // as above
    if (self->context_ && self->is_write_wanted_) self->wait_to_write();
  });
}

}  // namespace ticketd::cache
