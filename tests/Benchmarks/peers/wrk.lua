-- What wrk counted, as one line of JSON after its own report.
done = function(summary, latency)
    local failed = summary.errors
    io.write(string.format(
        '{"requests":%d,"bytes":%d,"seconds":%.6f,"errors":%d,"p50_us":%d,"p99_us":%d}\n',
        summary.requests, summary.bytes, summary.duration / 1e6,
        failed.connect + failed.read + failed.write + failed.status + failed.timeout,
        latency:percentile(50), latency:percentile(99)))
end
