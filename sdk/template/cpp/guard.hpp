// SPDX-License-Identifier: MIT
// Between the C tables and code in C++: no exception may leave a plugin function (R10).
#pragma once

#include <exception>
#include <grasp/grasp.h>
#include <new>
#include <string>

// What went wrong, with the status code that the host is to get.
class Failure : public std::exception
{
  public:
    Failure(int32_t code, std::string text) : code(code), text(std::move(text))
    {
    }
    const char *what() const noexcept override
    {
        return text.c_str();
    }
    const int32_t code;

  private:
    std::string text;
};

inline grasp_str view(const std::string &text)
{
    return {text.data(), text.size()};
}

inline std::string text_of(grasp_str text)
{
    return std::string(text.ptr, text.len);
}

// A status that a host function returned; what it says has been recorded there.
inline void must(int32_t status)
{
    if (status)
        throw status;
}

// Runs the body of a plugin function and turns what it throws into a status.
template <class Body> int32_t guarded(grasp_call *call, Body &&body) noexcept
{
    try {
        body();
        return GRASP_OK;
    } catch (int32_t status) {
        return status;
    } catch (const Failure &failure) {
        return call->host->fail(call, failure.code, grasp_cstr(failure.what()));
    } catch (const std::bad_alloc &) {
        return call->host->fail(call, GRASP_E_NOMEM, grasp_cstr("no memory"));
    } catch (const std::exception &error) {
        return call->host->fail(call, GRASP_E_FAILED, grasp_cstr(error.what()));
    } catch (...) {
        return call->host->fail(call, GRASP_E_FAILED, grasp_cstr("an unknown exception"));
    }
}
