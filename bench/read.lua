-- wrk's script: the URL is read, again and again.
-- wrk -s bench/read.lua URL

-- One line that is easy to read by a program, as in purchase.lua.
function done(summary, latency, requests)
  io.write(string.format("RESULT requests=%d refused=%d failed=%d duration_us=%d p50_us=%d p99_us=%d\n",
    summary.requests, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    summary.duration, latency:percentile(50), latency:percentile(99)))
end
