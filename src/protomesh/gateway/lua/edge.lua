-- The edge filter. What is decided here comes from the route's metadata, written from the contract: `rpc`, `answer`
-- (a status), `fault` (its words), `allow`, `own` (path variables), `json` (the body has to be), `stream`. Should this fail, Envoy goes on
-- without it: the routes and the transcoder by themselves let nothing else through.

local STATE = "protomesh.edge"

local function is_json(content_type)
  local kind = content_type:lower():match("^%s*([^;%s]+)")
  return kind == "application/json" or (kind ~= nil and kind:find("^application/[%w.+-]+%+json$") ~= nil)
end

-- A page of another origin may send a body without a content type and without being asked: that is not JSON.
local function refuses_body(headers)
  local content_type = headers:get("content-type")
  if content_type ~= nil then return not is_json(content_type) end
  local length = headers:get("content-length")
  return (length ~= nil and length ~= "0") or headers:get("transfer-encoding") ~= nil
end

local function on_rpc(handle, headers, route, answer)
  if answer then return handle:respond({[":status"] = answer}, route:get("fault") or "") end
  local fault = rpc.fault(headers)
  if fault then handle:respond({[":status"] = "400"}, fault) end
end

function envoy_on_request(handle)
  local route, headers = handle:metadata(), handle:headers()
  local answer = route:get("answer")
  if route:get("rpc") then return on_rpc(handle, headers, route, answer) end
  if answer then return handle:respond({[":status"] = answer, allow = route:get("allow")}, "") end
  local fault = url.fault(headers:get(":path"), route:get("own"))
  if fault then return handle:respond({[":status"] = "400"}, fault) end
  if route:get("json") and refuses_body(headers) then return handle:respond({[":status"] = "415"}, "") end
  if headers:get(":method") == "HEAD" then
    handle:streamInfo():dynamicMetadata():set(STATE, "head", true)
    headers:replace(":method", "GET")
  end
end

-- A service may choose among successes or among errors, not turn one into the other.
local function final_status(headers, wanted)
  local status = headers:get(":status")
  if wanted == nil or not wanted:find("^[2-5]%d%d$") then return status end
  local allowed = (status == "200" and wanted < "400") or (status >= "400" and wanted >= "400")
  if not allowed then return status end
  headers:replace(":status", wanted)
  return wanted
end

local function drop_body(handle)
  for chunk in handle:bodyChunks() do chunk:setBytes("") end
end

-- The transcoder's JSON, or for want of it the gRPC headers, as a problem. The wrappers die when the body is waited for.
local function explain(handle, headers, status, head, code, message)
  local id = headers:get("x-request-id") or ""
  headers:replace("content-type", PROBLEM)
  local body = handle:body(true)
  local text = body and problem.from_status(body:getBytes(0, body:length()), status, id)
  text = text or problem.from_headers(code or "2", message or "", status, id)
  if body == nil then return end
  body:setBytes(head and "" or text)
  handle:headers():replace("content-length", tostring(#text))
end

-- Envoy's own refusals: it takes the gRPC status from the HTTP status, not always well.
local function on_rpc_answer(headers)
  local code = headers:get(LOCAL_CODE)
  if code == nil then return end
  headers:remove(LOCAL_CODE)
  headers:replace("grpc-status", code)
end

local function on_preflight(headers)
  headers:replace(":status", "204")
  headers:add("vary", "Origin")
end

local function on_rest(handle, headers, wanted)
  local status = final_status(headers, wanted)
  local code, message = headers:get("grpc-status"), headers:get("grpc-message")
  for _, name in ipairs({"grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-accept-encoding"}) do
    headers:remove(name)
  end
  local state = handle:streamInfo():dynamicMetadata():get(STATE)
  local head = state ~= nil and state.head
  if status >= "400" then
    if headers:get("content-type") == PROBLEM then return end
    return explain(handle, headers, status, head, code, message)
  end
  if handle:metadata():get("stream") and headers:get("content-type") == "application/json" then
    headers:replace("content-type", "application/x-ndjson")
  end
  if status == "204" or status == "304" then
    headers:remove("content-length")
    headers:remove("content-type")
    return drop_body(handle)
  end
  if head then drop_body(handle) end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local wanted = headers:get("x-http-status")
  if wanted ~= nil then headers:remove("x-http-status") end
  if headers:get("access-control-allow-methods") ~= nil then return on_preflight(headers) end
  local route = handle:metadata()
  if route:get("rpc") then return on_rpc_answer(headers) end
  if not route:get("answer") then on_rest(handle, headers, wanted) end
end
