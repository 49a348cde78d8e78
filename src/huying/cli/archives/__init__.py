"""Archives from elsewhere as districts of their own (`huying import archive`)."""
