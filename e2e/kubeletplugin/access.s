// This file lets access.go declare a function without a body.
