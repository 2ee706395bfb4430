-- For wrk: requests of 100 events, each with an id of its own. TOKEN is the bearer token; PAUSE_MS, when it is set, how long
-- a connection waits before each request.
local threads = 0
local counter = 0
local pause = tonumber(os.getenv("PAUSE_MS") or "")

function setup(thread)
    thread:set("id", threads)
    threads = threads + 1
end

function init()
    prefix = os.time() .. "-" .. id .. "-"
    headers = {["Authorization"] = "Bearer " .. os.getenv("TOKEN"), ["Content-Type"] = "application/json"}
end

if pause then
    -- Spread, so that connections do not come all at once.
    function delay() return math.random(math.floor(pause / 2), math.floor(pause * 3 / 2)) end
end

function request()
    local rows = {}
    for place = 1, 100 do
        counter = counter + 1
        rows[place] = '{"account":"acme-' .. counter % 500 .. '","request_id":"' .. prefix .. counter
            .. '","model":"deepseek-reasoner","completed_at":"2025-02-27T16:30:00Z",'
            .. '"cache_hit_tokens":900,"cache_miss_tokens":100,"output_tokens":250}'
    end
    return wrk.format("POST", "/v1/events", headers, "[" .. table.concat(rows, ",") .. "]")
end
