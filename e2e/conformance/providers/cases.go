package providers

import "slices"

// Cases are all cases in the order of their numbers.
func Cases() []Case {
	return slices.Concat(configCases(), matchCases(), answerCases(), orderCases(), cacheCases(), cloudCases(), tokenCases(), presentCases(), operationCases())
}
