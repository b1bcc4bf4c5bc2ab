-- What the wrk scripts share: who asks, numbers that differ from run to run, and the result as a line of JSON.
-- SPDX-License-Identifier: Apache-2.0
host = os.getenv("BENCH_HOST")
token = os.getenv("BENCH_TOKEN")
math.randomseed(tonumber(os.getenv("BENCH_SEED")))

function done(summary, latency)
    local errors = summary.errors
    print(string.format(
        '{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50_us":%.0f,"p99_us":%.0f}', summary.requests,
        summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50), latency:percentile(99)))
end
