"""What a person looks at: figures, outlined pictures, the HTML report and the model card."""
