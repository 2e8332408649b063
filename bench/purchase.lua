-- wrk's script: purchases of one ticket each, every one by another buyer.
-- wrk -s bench/purchase.lua URL -- EVENT CATEGORY RUN [EVENTS CATEGORIES [keys]]
-- RUN keeps the buyers of two runs apart. With more than one event or category they are called EVENT-1, EVENT-2 ..., and
-- bought in turn. With `keys` each buyer sends an Idempotency-Key, else Nginx gives one.

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  event, category, run = args[1], args[2], args[3]
  events, categories = tonumber(args[4] or 1), tonumber(args[5] or 1)
  has_keys = args[6] == "keys"
  bought = 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

local function one_of(name, count)
  return count > 1 and string.format("%s-%d", name, bought % count + 1) or name
end

function request()
  bought = bought + 1
  if has_keys then wrk.headers["Idempotency-Key"] = string.format("%s-%d-%d", run, number, bought) end
  return wrk.format(nil, nil, nil, string.format(
    '{"event_id":"%s","category_id":"%s","quantity":1,"buyer":{"name":"Buyer","email":"%s-%d-%d@example.com"}}',
    one_of(event, events), one_of(category, categories), run, number, bought))
end

-- One line that is easy to read by a program.
function done(summary, latency, requests)
  io.write(string.format("RESULT requests=%d refused=%d failed=%d duration_us=%d p50_us=%d p99_us=%d\n",
    summary.requests, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    summary.duration, latency:percentile(50), latency:percentile(99)))
end
